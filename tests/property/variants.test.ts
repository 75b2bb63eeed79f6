/** Variants of any shape survive encoding, files, shredding and nesting. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { col } from '../../src/expr/build.js'
import { encodeRow } from '../../src/types/encode-row.js'
import type { Field, Type } from '../../src/types/type.js'
import { Variant } from '../../src/types/variant.js'
import { VariantScalar } from '../../src/types/variant-scalar.js'
import { foreignScan } from '../support/foreign-file.js'
import { groupType, type Shred, shredded } from '../support/shred.js'
import { writtenTable } from '../support/written-table.js'
import { writeImage } from '../unit/parquet/write-support.js'

const runs = Number(process.env.MORAINE_VARIANT_PROGRAMS ?? 40)

const name = fc.oneof(
  fc.constantFrom('a', 'b', 'c', '', '__proto__', 'constructor', 'é', '😀'),
  fc.string({ unit: 'grapheme', maxLength: 5 }),
)
const digits = (most: bigint) => fc.bigInt({ min: -most, max: most })
const decimal = fc
  .tuple(digits(10n ** 38n - 1n), fc.integer({ min: 0, max: 38 }))
  .map(([unscaled, scale]) => new VariantScalar('decimal', `${unscaled}e-${scale}`))
const shortDecimal = fc
  .bigInt({ min: -99999n, max: 99999n })
  .map((unscaled) => new VariantScalar('decimal', `${unscaled}e-2`))
const micros = fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n })
const tagged = fc.oneof(
  decimal,
  shortDecimal,
  fc.integer({ min: -700_000, max: 2_900_000 }).map((days) => {
    const text = new Date(days * 86_400_000).toISOString().slice(0, 10)
    return new VariantScalar(
      'date',
      text.startsWith('-') || text.startsWith('+') ? '2000-01-01' : text,
    )
  }),
  fc.bigInt({ min: 0n, max: 86_399_999_999n }).map((value) => new VariantScalar('time', value)),
  micros.map((value) => new VariantScalar('timestamp', value)),
  micros.map((value) => new VariantScalar('timestamptz', value)),
  micros.map((value) => new VariantScalar('timestamp_ns', value)),
  micros.map((value) => new VariantScalar('timestamptz_ns', value)),
  fc.uuid().map((value) => new VariantScalar('uuid', value)),
  fc.integer({ min: -128, max: 127 }).map((value) => new VariantScalar('int64', value)),
  fc.float().map((value) => new VariantScalar('float', value)),
  fc.double().map((value) => new VariantScalar('double', value)),
)
const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double(),
  fc.string({ unit: 'grapheme' }),
  fc.string({ minLength: 64, maxLength: 80 }),
  fc.uint8Array({ maxLength: 9 }),
  tagged,
)
const anyValue = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .uniqueArray(fc.tuple(name, tie('value')), { maxLength: 5, selector: ([key]) => key })
      .map((entries) => Object.fromEntries(entries)),
  ),
})).value

function field(id: number, at: string, type: Type, required = false): Field {
  return { id, name: at, required, type }
}

describe('property: variants', () => {
  test('what is read encodes to what was written', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const variant = Variant.of(value)
        variant.check()
        const again = Variant.of(variant.toValue())
        expect(again.toValue()).toEqual(variant.toValue())
        // Names already have their order, and widths are least: nothing changes any more.
        expect(Variant.of(again.toValue())).toEqual(again)
        // Inside other values a variant is encoded anew, with the same meaning.
        const inside = Variant.of({ z: value, a: [variant] }).toValue() as { a: unknown[] }
        expect(inside.a[0]).toEqual(variant.toValue())
      }),
      { numRuns: runs * 50 },
    )
  })

  test('in columns, structs, lists and maps of a table', async () => {
    const variant: Type = { kind: 'variant' }
    const fields = [
      field(1, 'id', { kind: 'int' }, true),
      field(2, 'v', variant),
      field(3, 's', {
        kind: 'struct',
        fields: [field(4, 'v', variant), field(5, 'n', { kind: 'int' })],
      }),
      field(6, 'l', { kind: 'list', elementId: 7, elementRequired: false, element: variant }),
      field(8, 'm', {
        kind: 'map',
        keyId: 9,
        key: { kind: 'string' },
        valueId: 10,
        valueRequired: false,
        value: variant,
      }),
    ]
    const maybe = fc.option(anyValue.map((value) => Variant.of(value)))
    const row = fc.record({
      v: maybe,
      s: fc.option(fc.record({ v: maybe, n: fc.option(fc.integer()) })),
      l: fc.option(fc.array(maybe, { maxLength: 4 })),
      m: fc.option(
        fc.array(fc.tuple(fc.string(), maybe), { maxLength: 3 }).map((pairs) => new Map(pairs)),
      ),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 30 }), async (some) => {
        const rows = some.map((one, id) => ({ id, ...one }))
        const table = await writtenTable({ fields, formatVersion: 3 })
        await table.append(rows)
        const scan = await table.scan({ ordered: true })
        const schema = { fields }
        const read = await scan.toArray({ as: 'json' })
        expect(read).toEqual(rows.map((one) => encodeRow(schema, one)))
        const missing = rows.filter((one) => one.v === null).length
        expect(await (await table.scan({ where: col('v').isNull() })).count()).toBe(missing)
        const inStruct = rows.filter((one) => one.s?.v != null).length
        const where = col('s.v').notNull()
        expect(await (await table.scan({ where })).count()).toBe(inStruct)
        const picked = await table.scan({ select: ['s.v', 'id'], where, ordered: true, limit: 3 })
        const wanted = rows.filter((one) => one.s?.v != null).slice(0, 3)
        expect(await picked.toArray({ as: 'json' })).toEqual(
          wanted.map((one) => encodeRow(picked.schema, { id: one.id, s: { v: one.s?.v } })),
        )
      }),
      { numRuns: runs / 2 },
    )
  })

  const typed = fc.constantFrom<Type['kind'][]>(
    'boolean',
    'int',
    'long',
    'float',
    'double',
    'date',
    'time',
    'timestamp',
    'timestamptz',
    'timestamp_ns',
    'timestamptz_ns',
    'string',
    'binary',
    'uuid',
  )
  const scalarShred: fc.Arbitrary<Shred> = fc.oneof(
    typed.map((kind) => ({ kind: 'scalar', type: { kind } }) as Shred),
    fc.constantFrom(2, 12, 30).map(
      (precision) =>
        ({
          kind: 'scalar',
          type: { kind: 'decimal', precision: precision + 8, scale: 2 },
        }) as Shred,
    ),
  )
  const anyShred = fc.letrec<{ shred: Shred }>((tie) => ({
    shred: fc.oneof(
      { depthSize: 'small' },
      scalarShred,
      fc
        .option(tie('shred'), { nil: undefined })
        .map((element) => ({ kind: 'array', element }) as Shred),
      fc
        .uniqueArray(
          fc.tuple(
            fc.constantFrom('a', 'b', 'c', 'é', '__proto__'),
            fc.option(tie('shred'), { nil: undefined }),
          ),
          {
            minLength: 1,
            maxLength: 3,
            selector: ([key]) => key,
          },
        )
        .map((entries) => ({ kind: 'object', fields: new Map(entries) }) as Shred),
    ),
  })).shred

  test('shredded in any way, they read as they were', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyShred,
        fc.array(fc.option(anyValue), { minLength: 1, maxLength: 25 }),
        fc.boolean(),
        async (shred, values, dictionaries) => {
          const variants = values.map((value) => (value === null ? null : Variant.of(value)))
          let id = 1
          const nextId = (): number => ++id
          const type = groupType(shred, nextId)
          const stored = { schemaId: 0, identifierFieldIds: [], fields: [field(1, 'v', type)] }
          const rows = variants.map((one) => ({ v: one && shredded(one, shred) }))
          const { bytes } = await writeImage(stored, rows)
          const { rows: read } = await foreignScan(
            {
              bytes,
              format: 'parquet',
              fields: [field(1, 'v', { kind: 'variant' })],
              formatVersion: 3,
            },
            dictionaries ? { strings: 'dictionary', decimals: 'int64' } : {},
          )
          const found = (await read({ variants: 'binary' })) as { v: Variant | null }[]
          const json = (one: Variant | null): string | undefined => one?.toJsonText()
          expect(found.map(({ v }) => json(v))).toEqual(variants.map(json))
          expect(found.map(({ v }) => v?.metadata)).toEqual(variants.map((one) => one?.metadata))
        },
      ),
      { numRuns: runs },
    )
  })
})
