import { InvalidArgument, MoraineError } from '../../errors.js'
import type { PartitionTuple } from '../../format/model.js'
import type { PartitionField, PartitionSpec } from '../../partition/model.js'
import { transformOps } from '../../partition/ops.js'
import { datumComparator, datumsEqual } from '../../types/compare.js'
import type { Datum } from '../../types/datum.js'
import { initialDefault } from '../../types/project-columns.js'
import { type IndexedField, schemaIndex } from '../../types/schema-index.js'
import { toDatum } from '../../types/to-datum.js'
import type { Field, Schema, Type } from '../../types/type.js'
import { formatType } from '../../types/type-text.js'
import type { ExactColumn } from './adopted-metrics.js'

const HIVE_NULL = '__HIVE_DEFAULT_PARTITION__'

export interface AdoptedPartition {
  readonly tuple: PartitionTuple
  /** Ids of the columns whose value the path gives: the file need not hold them. */
  readonly fromPath: ReadonlySet<number>
}

/**
 * The partition of a file: identity fields from Hive-style folders (`city=Oslo`), the others, and
 * identity fields without a folder, from bounds that fall into one partition.
 *
 * @throws InvalidArgument naming the field when the file does not lie in one partition, or lies in
 * another than its folder says.
 */
export function adoptedPartition(
  path: string,
  context: {
    readonly schema: Schema
    readonly spec: PartitionSpec
    readonly exact: ReadonlyMap<number, ExactColumn>
  },
): AdoptedPartition {
  const folders = hiveFolders(path)
  const fromPath = new Set<number>()
  const tuple = context.spec.fields.map((field) => {
    const source = schemaIndex(context.schema).byId.get(field.sourceIds[0] ?? -1)
    if (source === undefined || field.transform.kind === 'void') return null
    const text = folders.get(field.name) ?? folders.get(source.name)
    if (text !== undefined && field.transform.kind === 'identity') {
      fromPath.add(source.id)
      const value = text === HIVE_NULL ? null : folderValue(text, source.type, field.name, path)
      const column = context.exact.get(source.id)
      if (column !== undefined && contradicts(column, value, source.type)) {
        throw new InvalidArgument(
          `the folder ${field.name}=${text} of ${path} disagrees with the column '${source.name}' in the file`,
          { details: { path, column: source.name } },
        )
      }
      return value
    }
    return fromBounds(path, field, source, context.exact.get(source.id))
  })
  return { tuple, fromPath }
}

/** `name=value` folders of a path, percent-decoded. */
function hiveFolders(path: string): ReadonlyMap<string, string> {
  const folders = new Map<string, string>()
  for (const segment of path.split('/').slice(0, -1)) {
    const at = segment.indexOf('=')
    if (at <= 0) continue
    folders.set(decoded(segment.slice(0, at)), decoded(segment.slice(at + 1)))
  }
  return folders
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function folderValue(text: string, type: Type, name: string, path: string): Datum {
  try {
    return parseFolderValue(text, type)
  } catch (error) {
    if (!(error instanceof MoraineError)) throw error
    throw new InvalidArgument(
      `the folder ${name}=${text} of ${path} is no value of type ${formatType(type)}`,
      { cause: error, details: { path, column: name } },
    )
  }
}

function parseFolderValue(text: string, type: Type): Datum {
  switch (type.kind) {
    case 'boolean':
      if (text === 'true' || text === 'false') return text === 'true'
      throw new InvalidArgument('write true or false')
    case 'int':
    case 'long':
      if (!/^-?\d{1,19}$/.test(text)) throw new InvalidArgument('write a whole number')
      return toDatum(type, BigInt(text))
    case 'float':
    case 'double':
      return toDatum(type, numberOf(text))
    case 'timestamp':
    case 'timestamp_ns':
      return toDatum(type, text.replace(' ', 'T'))
    case 'binary':
    case 'fixed':
      throw new InvalidArgument('bytes cannot be read from a folder name')
    default:
      return toDatum(type, text)
  }
}

/** Decimal digits, and infinity only by its name: nothing that is too large is taken for it. */
function numberOf(text: string): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
  if (Number.isFinite(value)) return value
  const infinite = /^([+-]?)Infinity$/.exec(text)
  if (infinite === null) throw new InvalidArgument('write a number')
  return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}

/** Whether a footer proves that the column holds something else than `value` in some row. */
function contradicts(column: ExactColumn, value: Datum | null, type: Type): boolean {
  const { nullCount, valueCount, lower, upper, isExact } = column
  if (value === null) return nullCount !== undefined && nullCount !== valueCount
  if (nullCount !== undefined && nullCount > 0n) return true
  if (lower === undefined || upper === undefined) return false
  const compare = datumComparator(type)
  const [low, high] = [compare(lower, value), compare(upper, value)]
  return isExact ? low !== 0 || high !== 0 : low > 0 || high < 0
}

function fromBounds(
  path: string,
  field: PartitionField,
  { type, field: member, parentId }: IndexedField,
  column: ExactColumn | undefined,
): Datum | null {
  const fail = (why: string): never => {
    throw new InvalidArgument(
      `${path} does not lie in one partition: for field '${field.name}' ${why}`,
      { details: { path, field: field.name } },
    )
  }
  const ops = transformOps(field.transform, type)
  if (column === undefined) {
    // Rows without the column show its initial default (spec: "Default values"), else null.
    if ((member?.initialDefault ?? null) === null) return null
    if (parentId !== undefined) return fail('it lacks the column, which has a default in a struct')
    return ops.apply(initialDefault(member as Field) as Datum)
  }
  // With nulls alone it lies in the null partition.
  if (column.nullCount === column.valueCount) return null
  if (column.nullCount !== 0n) return fail('it may hold nulls beside values')
  const { lower, upper, isExact } = column
  if (lower === undefined || upper === undefined) return fail('its footer has no bounds')
  // Bounds pass over NaN, which is in a partition of its own.
  if (type.kind === 'float' || type.kind === 'double') return fail('it may hold NaN beside values')
  const low = ops.apply(lower)
  const high = ops.apply(upper)
  if (low === null || high === null) return fail('its transform has no value')
  const sameValue = isExact && datumsEqual(lower, upper)
  const samePartition = ops.preservesOrder && datumsEqual(low, high)
  return sameValue || samePartition ? low : fail('its values span more than one')
}
