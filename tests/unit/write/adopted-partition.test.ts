/** The partition of a file that is taken into a table: from its folders, or from its footer. */
import { describe, expect, test } from 'vitest'
import { jsonInt } from '../../../src/codec/json/value.js'
import type { Transform } from '../../../src/partition/model.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import { t } from '../../../src/types/builder.js'
import type { Datum } from '../../../src/types/datum.js'
import { schemaIndex } from '../../../src/types/schema-index.js'
import type { ExactColumn } from '../../../src/write/adopt/adopted-metrics.js'
import { adoptedPartition } from '../../../src/write/adopt/adopted-partition.js'

const built = buildSchema([
  ['flag', t.boolean()],
  ['n', t.int()],
  ['l', t.long()],
  ['d', t.double()],
  ['s', t.string()],
  ['at', t.timestamp()],
  ['day', t.date()],
  ['b', t.binary()],
  ['later', t.int()],
])
/** Its last column was added when there were rows. */
const schema = {
  ...built.schema,
  fields: built.schema.fields.map((field) =>
    field.name === 'later' ? { ...field, initialDefault: jsonInt(5) } : field,
  ),
}
type Column = 'flag' | 'n' | 'l' | 'd' | 's' | 'at' | 'day' | 'b' | 'later'

function partitionOf(
  column: Column,
  path: string,
  facts?: Partial<ExactColumn>,
  transform: Transform = { kind: 'identity' },
) {
  const { id } = schemaIndex(schema).require(column)
  const field = { sourceIds: [id], fieldId: 1000, name: column, transform }
  const whole = { nullCount: 0n, valueCount: 9n, lower: undefined, upper: undefined, isExact: true }
  const exact = new Map(facts === undefined ? [] : [[id, { ...whole, ...facts }]])
  return adoptedPartition(path, { schema, spec: { specId: 0, fields: [field] }, exact })
}

const datumOf = (...given: Parameters<typeof partitionOf>): Datum | null | undefined =>
  partitionOf(...given).tuple[0]

describe('a folder', () => {
  test.each<[Column, string, Datum | null]>([
    ['flag', 'flag=true', true],
    ['flag', 'flag=false', false],
    ['n', 'n=-7', -7],
    ['l', 'l=9223372036854775807', 2n ** 63n - 1n],
    ['d', 'd=1.5e3', 1500],
    ['d', 'd=-.5', -0.5],
    ['d', 'd=2.', 2],
    ['d', 'd=Infinity', Number.POSITIVE_INFINITY],
    ['d', 'd=-Infinity', Number.NEGATIVE_INFINITY],
    ['s', 's=', ''],
    ['s', 's=a%2Fb%3Dc', 'a/b=c'],
    ['s', 's=100%', '100%'],
    ['s', 's=a=b', 'a=b'],
    ['s', 's=__HIVE_DEFAULT_PARTITION__', null],
    ['at', 'at=1970-01-01 00:00:01', 1_000_000n],
    ['day', 'day=1970-01-03', 2],
  ])('of %s: %s', (column, folder, value) => {
    const { tuple, fromPath } = partitionOf(column, `/w/t/${folder}/f.parquet`)
    expect(tuple).toEqual([value])
    expect([...fromPath]).toEqual([schemaIndex(schema).require(column).id])
  })

  test.each<[Column, string]>([
    ['flag', 'flag=yes'],
    ['n', 'n=1.0'],
    ['n', 'n=2147483648'],
    ['n', 'n='],
    ['l', 'l=99999999999999999999'],
    ['d', 'd= '],
    ['d', 'd=x'],
    ['d', 'd=0x10'],
    ['d', 'd=1e400'],
    ['d', 'd=NaN'],
    ['day', 'day=2024-13-01'],
    ['b', 'b=00'],
  ])('that is no value of %s: %s', (column, folder) => {
    expect(() => partitionOf(column, `/w/t/${folder}/f.parquet`)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(`the folder ${folder} of`),
        details: { path: `/w/t/${folder}/f.parquet`, column },
      }),
    )
  })

  test('is a folder, not the name of the file; and has a name', () => {
    expect(datumOf('s', '/w/t/s=x')).toBeNull()
    expect(datumOf('s', '/w/t/=x/f')).toBeNull()
  })

  test('says nothing of what a transform makes', () => {
    const bucket = { kind: 'bucket', buckets: 4 } as const
    const { tuple, fromPath } = partitionOf('n', '/w/n=3/f', undefined, bucket)
    expect(tuple).toEqual([null])
    expect(fromPath.size).toBe(0)
  })

  test.each<[string, Partial<ExactColumn>, boolean]>([
    ['the same value', { lower: 3, upper: 3 }, false],
    ['another value', { lower: 4, upper: 4 }, true],
    ['more values', { lower: 3, upper: 4 }, true],
    ['bounds around it', { lower: 1, upper: 9, isExact: false }, false],
    ['bounds below it', { lower: 1, upper: 2, isExact: false }, true],
    ['bounds above it', { lower: 4, upper: 9, isExact: false }, true],
    ['a null', { lower: 3, upper: 3, nullCount: 1n }, true],
    ['nobody knows what', {}, false],
    ['half a bound', { lower: 4 }, false],
    ['nobody knows how many nulls', { lower: 3, upper: 3, nullCount: undefined }, false],
  ])('beside a column that holds %s', (_what, facts, isRefused) => {
    const partition = () => datumOf('n', '/w/n=3/f', facts)
    if (isRefused) expect(partition).toThrow("disagrees with the column 'n'")
    else expect(partition()).toBe(3)
  })

  test.each<[string, Partial<ExactColumn>, boolean]>([
    ['nulls alone', { nullCount: 9n }, false],
    ['a value', { nullCount: 8n }, true],
    ['nobody knows', { nullCount: undefined }, false],
  ])('of null beside a column that holds %s', (_what, facts, isRefused) => {
    const partition = () => datumOf('n', '/w/n=__HIVE_DEFAULT_PARTITION__/f', facts)
    if (isRefused) expect(partition).toThrow('disagrees')
    else expect(partition()).toBeNull()
  })
})

describe('without a folder', () => {
  const path = '/w/f.parquet'
  const day = { kind: 'day' } as const
  const hours = (count: bigint): bigint => count * 3_600_000_000n

  test('one value is a partition', () => {
    expect(datumOf('n', path, { lower: 3, upper: 3 })).toBe(3)
    expect(datumOf('at', path, { lower: hours(25n), upper: hours(47n) }, day)).toBe(1)
    expect(datumOf('n', path, { lower: 3, upper: 3 }, { kind: 'bucket', buckets: 1 })).toBe(0)
  })

  test('nulls alone are one too, and so is a column that is not there', () => {
    expect(datumOf('n', path, { nullCount: 9n })).toBeNull()
    expect(datumOf('n', path)).toBeNull()
    // Rows from before the column was added show its default.
    expect(datumOf('later', path)).toBe(5)
    expect(datumOf('later', path, undefined, { kind: 'truncate', width: 10 })).toBe(0)
  })

  test('void is null whatever there is', () => {
    expect(datumOf('n', '/w/n=3/f', { lower: 1, upper: 9 }, { kind: 'void' })).toBeNull()
  })

  test.each<[string, Column, Partial<ExactColumn>, Transform, string]>([
    ['several values', 'n', { lower: 3, upper: 4 }, { kind: 'identity' }, 'span more than one'],
    [
      'bounds that are no values',
      'n',
      { lower: 3, upper: 4, isExact: false },
      { kind: 'bucket', buckets: 1 },
      'span more',
    ],
    ['two days', 'at', { lower: hours(23n), upper: hours(24n) }, day, 'span more than one'],
    [
      'nulls and values',
      'n',
      { nullCount: 1n, lower: 3, upper: 3 },
      { kind: 'identity' },
      'nulls beside',
    ],
    [
      'unknown nulls',
      'n',
      { nullCount: undefined, lower: 3, upper: 3 },
      { kind: 'identity' },
      'nulls beside',
    ],
    ['no bounds', 'n', {}, { kind: 'identity' }, 'no bounds'],
    ['half a bound', 'n', { lower: 3 }, { kind: 'identity' }, 'no bounds'],
    ['numbers that may be none', 'd', { lower: 1, upper: 1 }, { kind: 'identity' }, 'NaN beside'],
  ])('%s are not in one partition', (_what, column, facts, transform, why) => {
    expect(() => datumOf(column, path, facts, transform)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(why),
        details: { path, field: column },
      }),
    )
  })
})
