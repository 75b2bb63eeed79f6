/** Expressions over columns of every kind: what goes together, what a column takes, what is refused. */
import { describe, expect, test } from 'vitest'
import { InvalidArgument, ValidationError } from '../../../src/errors.js'
import { and, col, not, or } from '../../../src/expr/build.js'
import { checkCondition, conditionNode } from '../../../src/expr/condition.js'
import { bucket, identity } from '../../../src/expr/terms.js'
import { expr, nodeOf } from '../../../src/expr/value.js'
import { assignment } from '../../../src/expr/value-assign.js'
import { compileValue } from '../../../src/expr/value-compile.js'
import type { ValueNode } from '../../../src/expr/value-node.js'
import type { Datum } from '../../../src/types/datum.js'
import { schemaIndex } from '../../../src/types/schema-index.js'
import type { Field, Type } from '../../../src/types/type.js'

const UUID = '00112233-4455-6677-8899-aabbccddeeff'
const uuidBytes = Uint8Array.from({ length: 16 }, (_, at) => at * 0x11)
const COLUMNS: Readonly<Record<string, readonly [Type, Datum | null]>> = {
  i: [{ kind: 'int' }, 7n],
  l: [{ kind: 'long' }, 9n],
  d: [{ kind: 'decimal', precision: 9, scale: 2 }, 125n],
  fine: [{ kind: 'decimal', precision: 9, scale: 4 }, 12_500n],
  f: [{ kind: 'float' }, 0.5],
  s: [{ kind: 'string' }, 'Oslo'],
  ok: [{ kind: 'boolean' }, true],
  u: [{ kind: 'uuid' }, uuidBytes],
  x: [{ kind: 'fixed', length: 2 }, Uint8Array.of(1, 2)],
  raw: [{ kind: 'binary' }, Uint8Array.of(1, 2)],
  at: [{ kind: 'timestamp' }, 1_769_817_600_000_000n],
  atz: [{ kind: 'timestamptz' }, 1_769_817_600_000_000n],
  on: [{ kind: 'date' }, 20_484],
  gone: [{ kind: 'unknown' }, null],
  none: [{ kind: 'string' }, null],
  list: [{ kind: 'list', elementId: 90, elementRequired: false, element: { kind: 'int' } }, true],
}
const fields = Object.entries(COLUMNS).map(
  ([name, [type]], id): Field => ({ id: id + 1, name, type, required: false }),
)
const index = schemaIndex({ fields })

function compiled(node: ValueNode) {
  return compileValue(node, ({ path, dotted }) => ({
    side: 'target',
    field: index.require(dotted === true ? (path[0] ?? '') : path),
  }))
}

function worth(node: ValueNode): unknown {
  const read = compiled(node).open(
    ({ field }) =>
      () =>
        COLUMNS[field.name]?.[1] ?? null,
  )
  return read(0)
}

describe('what goes together', () => {
  test.each<[string, unknown]>([
    ["at = '2026-01-31'", true],
    ["at = '2026-01-31 00:00'", true],
    ["atz = '2026-01-31 00:00:00Z'", true],
    ["'2026-01-31' = on", true],
    [`u = '${UUID}'`, true],
    ["u = X'00112233445566778899AABBCCDDEEFF'", true],
    ["x = X'0102' and X'0102' = x", true],
    ['raw = x', true],
    ['d = fine', true],
    ['fine - d', 0n],
    ['d * 2', 250n],
    ['i + gone', null],
    ['gone is null and gone = 1', null],
    ['coalesce(gone, none, s)', 'Oslo'],
    ['greatest(s, none)', 'Oslo'],
    ["least('a', 'b')", 'a'],
    ["s || none || 'x'", null],
    ['list is not null', true],
    ['case when ok then null else s end', null],
    ['f + 0.5', 1],
    ['- d', -125n],
    ['- -i + +1', 8n],
    ['not not ok', true],
    ["s <> 'x' and i != 8 and i >= 7 and i <= 7 and i == 7", true],
    ["s not in ('x', s)", false],
    ['TRUE and not false', true],
  ])('%s', (text, expected) => {
    expect(worth(expr(text).node)).toEqual(expected)
  })

  test('values of JavaScript', () => {
    expect(worth(expr`atz = ${new Date('2026-01-31T00:00:00Z')}`.node)).toBe(true)
    expect(worth(expr`l = ${9n} and i = ${7} and f = ${0.5} and ok = ${true}`.node)).toBe(true)
    expect(worth(expr`raw = ${Uint8Array.of(1, 2)}`.node)).toBe(true)
    expect(worth(expr`coalesce(${null}, s)`.node)).toBe('Oslo')
    expect(worth(expr`s like ${'Os%'}`.node)).toBe(true)
  })
})

describe('refused', () => {
  test.each<[string, RegExp]>([
    ['ok = 1', /a boolean and a whole number do not go together/],
    ['ok = on', /do not go together/],
    ['list = null', /only IS NULL can be asked of it/],
    ['list = list', /do not go together/],
    ['list = i', /do not go together/],
    ['greatest(list)', /values that have an order/],
    ["f = 'x'", /a text and a floating-point number do not go together/],
    ["'x' = i", /do not go together/],
    ["d = '1.255'", /no decimal with 2 digits after the point/],
    ["d = 'x'", /no decimal with 2 digits/],
    ["u = 'x'", /a text beside a uuid/],
    ['not gone + 1', /a condition was expected/],
    ['lower(i)', /lower takes texts, not a whole number/],
    ['upper(s, s)', /upper takes one value/],
    ['lower(d)', /not a decimal/],
    ['i is 3', /NULL or NAN was expected/],
    ['i between 1 or 2', /AND was expected/],
    ['s like i', /LIKE takes a text/],
    ['case when ok 1 end', /THEN was expected/],
    ['i in 3', /`\(` was expected/],
    ['(i', /`\)` was expected/],
    ['end', /a value or a column was expected/],
    ['i.', /a column name was expected/],
    ["X'0'", /pairs of hex digits/],
    [`${'case when ok then '.repeat(210)}1`, /too deeply nested/],
  ])('%s', (text, message) => {
    const refusal = (() => {
      try {
        return compiled(expr(text).node)
      } catch (error) {
        return error
      }
    })()
    const isTyped = refusal instanceof InvalidArgument || refusal instanceof ValidationError
    expect(isTyped, String(refusal)).toBe(true)
    expect((refusal as Error).message).toMatch(message)
  })

  test.each<[unknown]>([[{}], [new Date(Number.NaN)], [() => 1], [[1]]])(
    'the value %s',
    (value) => {
      expect(() => compiled(expr`i = ${value}`.node)).toThrow(/an expression takes texts, numbers/)
    },
  )
})

describe('what a column takes', () => {
  const given = (text: string, type: Type): unknown => {
    const node = expr(text).node
    return assignment(compiled(node).shape, type, 'c')(worth(node) as Datum)
  }
  test.each<[string, Type, unknown]>([
    ['i + 1', { kind: 'int' }, 8n],
    ['i', { kind: 'decimal', precision: 9, scale: 2 }, '7'],
    ['i', { kind: 'double' }, 7],
    ['d', { kind: 'decimal', precision: 9, scale: 4 }, '1.25'],
    ['1.5', { kind: 'float' }, 1.5],
    ['f', { kind: 'double' }, 0.5],
    ["'x'", { kind: 'string' }, 'x'],
    ['on', { kind: 'date' }, '2026-01-31'],
    ["X'0102'", { kind: 'binary' }, Uint8Array.of(1, 2)],
    ["X'0102'", { kind: 'fixed', length: 2 }, Uint8Array.of(1, 2)],
    ['u', { kind: 'uuid' }, UUID],
    ['ok', { kind: 'boolean' }, true],
  ])('%s for %o', (text, type, expected) => {
    expect(given(text, type)).toEqual(expected)
  })

  test.each<[string, Type]>([
    ['i', { kind: 'string' }],
    ['d', { kind: 'double' }],
    ['d', { kind: 'long' }],
    ['f', { kind: 'decimal', precision: 9, scale: 2 }],
    ['on', { kind: 'timestamp' }],
    ['list', COLUMNS['list']![0]],
    ['u', { kind: 'binary' }],
  ])('%s not for %o', (text, type) => {
    expect(() => given(text, type)).toThrow(/column 'c' of type .* does not take/)
  })
})

describe('predicates as conditions', () => {
  test('mean what they mean as predicates', () => {
    const holds = and(
      col('i').eq(7),
      col('i').ne(8),
      col('l').gt(col('i')),
      col('i').in([1, 7]),
      col('i').notIn([1, 2]),
      col('s').startsWith('Os'),
      col('s').notStartsWith('Ro'),
      col('s').notNull(),
      col('none').isNull(),
      col('f').notNaN(),
      not(col('f').isNaN()),
      or(and(), or()),
    )
    expect(worth(conditionNode(holds))).toBe(true)
    expect(worth(conditionNode(not(holds)))).toBe(false)
    expect(worth(conditionNode(or(col('i').eq(8), col('none').eq('x'))))).toBe(null)
    expect(worth(conditionNode('i = 7'))).toBe(true)
    expect(worth(conditionNode(expr`i = ${7}`))).toBe(true)
    expect(worth(conditionNode(identity('i').eq(7)))).toBe(true)
  })

  test('a transform is no column', () => {
    expect(() => conditionNode(bucket(4, 'i').eq(1))).toThrow(/i: a transform of a column/)
    expect(nodeOf(bucket(4, 'i'))).toBeUndefined()
    expect(nodeOf(col(['i']))).toEqual({ kind: 'column', term: { path: ['i'] } })
    expect(nodeOf('i')).toBeUndefined()
  })

  test('what cannot be one is refused, with what to write instead', () => {
    for (const fine of [undefined, () => true, 'i = 1', expr('ok'), col('i').eq(1)]) {
      expect(() => checkCondition(fine, 'whenMatched')).not.toThrow()
    }
    for (const wrong of [null, 1, true, {}, []]) {
      expect(() => checkCondition(wrong, 'whenMatched')).toThrow(/^whenMatched: `if` must be/)
    }
    expect(() => checkCondition(col('ok'), 'whenMatched')).toThrow(/as col\(…\)\.eq\(true\)/)
  })
})
