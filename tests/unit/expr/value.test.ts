/** Expressions: what their text means, and what is refused. */
import { describe, expect, test } from 'vitest'
import { expr } from '../../../src/expr/value.js'
import { assignment } from '../../../src/expr/value-assign.js'
import { compileValue } from '../../../src/expr/value-compile.js'
import { schemaIndex } from '../../../src/types/schema-index.js'
import type { Field, Type } from '../../../src/types/type.js'

const types: Readonly<Record<string, Type>> = {
  i: { kind: 'long' },
  d: { kind: 'decimal', precision: 9, scale: 2 },
  f: { kind: 'double' },
  s: { kind: 'string' },
  b: { kind: 'boolean' },
  day: { kind: 'date' },
  none: { kind: 'long' },
  nan: { kind: 'double' },
}
const row: Readonly<Record<string, number | bigint | string | boolean | null>> = {
  i: 7n,
  d: 125n,
  f: 0.5,
  s: 'Oslo',
  b: true,
  day: 20_454,
  none: null,
  nan: Number.NaN,
}
const fields = Object.entries(types).map(
  ([name, type], id): Field => ({ id: id + 1, name, type, required: false }),
)
const index = schemaIndex({ fields })

function compiled(text: string) {
  const resolve = ({ path }: { readonly path: readonly string[] }) =>
    ({ side: 'target', field: index.require(path) }) as const
  return compileValue(expr(text).node, resolve)
}

function value(text: string): unknown {
  const { open } = compiled(text)
  return open(
    ({ field }) =>
      () =>
        row[field.name] ?? null,
  )(0)
}

describe('values', () => {
  test.each<[string, unknown]>([
    ['1 + 2 * 3', 7n],
    ['(1 + 2) * 3', 9n],
    ['10 - 2 - 3', 5n],
    ['-i + - -1', -6n],
    ['i % 4', 3n],
    ['-7 % 4', -3n],
    ['7 / 2', 3.5],
    ['d + 1', 225n],
    ['d * d', 15_625n],
    ['d - 0.125', 1125n],
    ['f + i', 7.5],
    ['f * 0.5', 0.25],
    ['1e2', 100],
    ['i + none', null],
    ["s || '!' || upper('a') || lower('B')", 'Oslo!Ab'],
    ['s || null', null],
    ['coalesce(none, i)', 7n],
    ['greatest(none, i, 9)', 9n],
    ['least(d, 1)', 100n],
    ["case when i > 9 then 'big' when b then s else '-' end", 'Oslo'],
    ['case when i > 9 then 1 end', null],
    ["day = '2026-01-01'", true],
    ["day < DATE '2026-01-02'", true],
    ["d = '1.25'", true],
    ['9007199254740993 = 9007199254740992', false],
    ['i between 7 and 8 and not i between 8 and 9', true],
    ['i in (1, 7) and i not in (1, 2)', true],
    ['i in (1, null)', null],
    ["s like 'Os%' and s not like 'Ro%' and s like 'Oslo'", true],
    ['none is null and i is not null', true],
    ['nan is nan and f is not nan', true],
    ['nan = nan or nan < 1 or nan > 1', false],
    ['none = 1 and false', false],
    ['none = 1 and true', null],
    ['none = 1 or true', true],
    ['not (none = 1)', null],
  ])('%s', (text, expected) => {
    expect(value(text)).toEqual(expected)
  })
})

describe('refused', () => {
  test.each([
    ['1 +', /a value or a column was expected/],
    ['1 2', /nothing was expected after this point/],
    ['power(i, 2)', /there is no function power; use coalesce/],
    ['case else 1 end', /WHEN was expected/],
    ['case when b then 1', /END was expected/],
    ["s like '%x'", /only 'prefix%' patterns/],
    ['i not 3', /IN, BETWEEN or LIKE was expected/],
    ['('.repeat(300), /too deeply nested/],
    ['d + f', /do not go together/],
    ['d / 2', /`\/` of decimals would round/],
    ['s + 1', /`\+` takes numbers/],
    ['s || i', /\|\| takes texts/],
    ['i and b', /a condition was expected/],
    ['s = 1', /do not go together/],
    ["day = 'x'", /a text beside a date/],
    ['i is nan', /IS NAN is asked of floating-point/],
    ['missing', /no column 'missing'/],
  ])('%s', (text, message) => {
    expect(() => compiled(text)).toThrow(message)
  })

  test('an integer divided by zero', () => {
    expect(() => value('i / 0')).toThrow(/divides by zero/)
    expect(() => value('i % 0')).toThrow(/divides by zero/)
    expect(value('f / 0')).toBe(Number.POSITIVE_INFINITY)
  })

  test.each(['s', 'f', 'd', 'day', 'b'])('%s as the value of a long', (text) => {
    expect(() => assignment(compiled(text).shape, { kind: 'long' }, 'x')).toThrow(/does not take/)
  })
})

test('a decimal literal beside floating point is rounded once', () => {
  // Divided as doubles these come out one unit in the last place away.
  for (const text of ['0.1234567890123456789', '9007199254740993.3', `1.${'0'.repeat(30)}1`]) {
    expect(value(`${text} + 0e0`)).toBe(Number(text))
    expect(value(`-${text} + 0e0`)).toBe(-Number(text))
  }
  let seen = 0
  for (let i = 1n; i < 2000n; i += 1n) {
    const text = `0.${String(i * 982_451_653n * 99_991n).padStart(19, '0')}`
    if (Number(i * 982_451_653n * 99_991n) / 1e19 !== Number(text)) seen += 1
    expect(value(`${text} + 0e0`)).toBe(Number(text))
  }
  expect(seen, 'dividing would have been wrong for some').toBeGreaterThan(0)
})

test('bound values are values, whatever they hold', () => {
  const node = expr`s = ${"x' or true"} or i in (${[1, 7n]})`.node
  const resolve = ({ path }: { readonly path: readonly string[] }) =>
    ({ side: 'target', field: index.require(path) }) as const
  const read = compileValue(node, resolve).open(
    ({ field }) =>
      () =>
        row[field.name] ?? null,
  )
  expect(read(0)).toBe(true)
  expect(() => expr`i = ${undefined}`).toThrow(/a bound value is undefined/)
  expect(() => expr('a\0')).toThrow(/NUL/)
  expect(() => expr(3 as never)).toThrow(/expr takes SQL text/)
})
