import fc from 'fast-check'
import { bucket, truncate } from '../../src/expr/terms.js'
import type { FormatVersion } from '../../src/format/model.js'
import type { PartitionTerm } from '../../src/partition/terms.js'
import type { Catalog } from '../../src/table/catalog.js'
import { encodeRow } from '../../src/types/encode-row.js'
import type { Field, Schema, Type } from '../../src/types/type.js'
import { schemaAndRows } from '../unit/arrow/random-rows.js'

/** One random table: what it is made of, and the rows that it gets in up to three appends. */
export interface RandomTable {
  readonly schema: Schema
  readonly rows: readonly Record<string, unknown>[]
  readonly formatVersion: FormatVersion
  readonly codec: string
  /** Which columns to partition by and how, as far as their types allow. */
  readonly partition: readonly { readonly column: number; readonly by: number }[]
  readonly cuts: readonly number[]
}

const CODECS = ['zstd', 'snappy', 'gzip', 'lz4', 'uncompressed'] as const

/** Schemas of up to six columns, nested to depth 5, with up to 24 rows. */
export const randomTable: fc.Arbitrary<RandomTable> = fc
  .tuple(
    schemaAndRows(6, 5, 24),
    fc.record({
      formatVersion: fc.constantFrom<FormatVersion>(1, 2, 2, 3),
      codec: fc.constantFrom(...CODECS),
      partition: fc.array(fc.record({ column: fc.nat(5), by: fc.nat(2) }), { maxLength: 2 }),
      cuts: fc.array(fc.nat(24), { maxLength: 2 }),
    }),
  )
  .map(([data, rest]) => ({ ...data, ...rest }))

/** Types whose bucket and truncate every peer computes; floats have neither. */
function term(field: Field, by: number): PartitionTerm | undefined {
  const { kind } = field.type
  if (kind === 'struct' || kind === 'list' || kind === 'map') return undefined
  const bucketed = kind !== 'boolean' && kind !== 'float' && kind !== 'double'
  const cut = ['int', 'long', 'string', 'binary', 'decimal'].includes(kind)
  if (by === 1 && bucketed) return bucket(4, field.name)
  if (by === 2 && cut) return truncate(3, field.name)
  // Floats as identity partitions: NaN and -0 have no agreed folder or equality between engines.
  return bucketed ? field.name : undefined
}

export function partitionTerms(table: RandomTable): readonly PartitionTerm[] {
  const columns = new Set<number>()
  return table.partition.flatMap(({ column, by }) => {
    const field = table.schema.fields[column]
    if (field === undefined || columns.has(column)) return []
    columns.add(column)
    const made = term(field, by)
    return made === undefined ? [] : [made]
  })
}

export interface WrittenTable {
  readonly id: string
  readonly metadata: string
  readonly schemaId: number
  readonly schema: Schema
  /** Canonical JSON of every row that was appended. */
  readonly expected: readonly string[]
  /** Canonical JSON of every row that our own reader gives. */
  readonly ours: readonly string[]
}

/** Creates the table, appends its rows, and reads them back with our own reader. */
export async function writeRandom(
  catalog: Catalog,
  id: string,
  random: RandomTable,
): Promise<WrittenTable> {
  const table = await catalog.createTable(['random', id], {
    schema: random.schema,
    partitionBy: partitionTerms(random),
    formatVersion: random.formatVersion,
    properties: { 'write.parquet.compression-codec': random.codec },
  })
  const { rows } = random
  const cuts = [0, ...random.cuts.map((cut) => Math.min(cut, rows.length)), rows.length]
  cuts.sort((a, b) => a - b)
  for (const [index, start] of cuts.entries()) {
    const part = rows.slice(start, cuts[index + 1] ?? rows.length)
    if (index + 1 < cuts.length && part.length > 0) await table.append(part)
  }
  const read: string[] = []
  for await (const row of table.scan().rows()) read.push(encodeRow(table.schema, row))
  return {
    id,
    metadata: table.metadataLocation,
    schemaId: table.schema.schemaId,
    schema: table.schema,
    expected: rows.map((row) => encodeRow(table.schema, row)),
    ours: read,
  }
}

/** What a peer makes of a value, where that is not what was written; `parents` from the row down. */
export type Fault = (value: unknown, type: Type, parents: readonly Type[]) => unknown

/**
 * Canonical rows in an order and spelling that do not depend on who wrote them: floats at their own
 * width, map entries sorted by key, rows sorted. `fault` is applied to every value, inner ones first.
 */
export function normalRows(
  rows: readonly string[],
  schema: Schema,
  fault: Fault = (value) => value,
): readonly string[] {
  const normal = (value: unknown, type: Type, parents: readonly Type[]): unknown =>
    fault(value === null || value === undefined ? null : inner(value, type, parents), type, parents)

  const inner = (value: unknown, type: Type, parents: readonly Type[]): unknown => {
    const path = [...parents, type]
    switch (type.kind) {
      case 'float':
        return typeof value === 'number' ? Math.fround(value) : value
      case 'struct': {
        const members = value as Record<string, unknown>
        return type.fields.map(({ name, type: of }) => [name, normal(members[name], of, path)])
      }
      case 'list':
        return (value as unknown[]).map((item) => normal(item, type.element, path))
      case 'map':
        return (value as [unknown, unknown][])
          .map(([key, item]) => [normal(key, type.key, path), normal(item, type.value, path)])
          .sort((a, b) => (JSON.stringify(a[0]) < JSON.stringify(b[0]) ? -1 : 1))
      default:
        return value
    }
  }

  const root: Type = { kind: 'struct', fields: schema.fields }
  return rows.map((row) => JSON.stringify(normal(JSON.parse(row), root, []))).sort()
}
