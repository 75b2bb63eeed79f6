/** Avro data files: decoded row by row, then filtered and projected like Parquet columns. */
import type { Data, RecordBatch } from 'apache-arrow'
import { RowBatchBuilder } from '../../arrow/row-builder.js'
import { arrowSchemaOf } from '../../arrow/schema.js'
import { takeData } from '../../arrow/take.js'
import { type AvroFile, openAvro, prepareAvro } from '../../codec/avro/container.js'
import type { AvroRecord, AvroRow } from '../../codec/avro/schema.js'
import { Unsupported } from '../../errors.js'
import { referencedFields } from '../../expr/simplify.js'
import { NAME_MAPPING_PROPERTY, parseNameMapping } from '../../types/name-mapping.js'
import type { Field, Schema } from '../../types/type.js'
import { type AssemblyContext, columnMakers, type RowPositions } from '../columns/assemble.js'
import { type FileColumn, fileTree } from '../columns/file-tree.js'
import type { ScanForm } from '../columns/scan-form.js'
import type { ScanTask } from '../contract.js'
import { KEY_FORM } from '../deletes/equality-group.js'
import {
  clearEqual,
  clearPositions,
  comparedColumns,
  type TaskDeletes,
} from '../deletes/task-deletes.js'
import { evaluateMask } from '../filter/evaluate.js'
import { countMask, fullMask, type Mask, maskIndices } from '../filter/mask.js'
import { mergeFields, pruneFields } from '../projection.js'
import { computedColumns } from '../read/computed.js'
import { type OutputShape, termColumns } from '../read/file-reader.js'
import { identityConstants, type OpenContext } from '../read/open-file.js'
import { batchOf, keptFlags } from '../read/read-unit.js'
import { hasAvroIds, mapAvroNames } from './avro-ids.js'
import { planRecord, type RecordPlan } from './avro-values.js'

/** Rows decoded at a time. */
const BATCH_ROWS = 4096

export interface AvroContext extends OpenContext {
  readonly shape: OutputShape
  readonly memoryBytes: number
}

/** An opened Avro data file. */
export interface OpenAvroFile {
  readonly task: ScanTask
  readonly file: AvroFile
  readonly record: AvroRecord
}

/** Reads an Avro data file whole. Throws typed errors, `LimitExceeded` beyond the memory limit. */
export async function openAvroFile(
  task: ScanTask,
  context: AvroContext,
  signal: AbortSignal | undefined,
): Promise<OpenAvroFile> {
  const { path } = task.file
  const bytes = await context.store.read(path, undefined, {
    maxBytes: context.memoryBytes,
    limitName: 'memoryLimit',
    ...(signal ? { signal } : {}),
  })
  const file = openAvro(bytes, { limits: context.env.limits, path })
  await prepareAvro(file)
  return { task, file, record: identified(file.schema, context, path) }
}

function identified(record: AvroRecord, context: AvroContext, path: string): AvroRecord {
  if (record.fields.length === 0 || hasAvroIds(record)) return record
  const text = context.metadata.properties.get(NAME_MAPPING_PROPERTY)
  if (text !== undefined) return mapAvroNames(record, parseNameMapping(text, context.env.limits))
  throw new Unsupported(
    'avro-without-field-ids',
    `data file ${path} has no field ids and the table has no name mapping; set the table property ${NAME_MAPPING_PROPERTY}`,
    { details: { path } },
  )
}

/** The batches of an Avro file, each made when it is asked for; undefined where no row passes. */
export function* avroBatches(
  opened: OpenAvroFile,
  context: AvroContext,
  deletes: TaskDeletes | undefined,
): Generator<RecordBatch | undefined, void, void> {
  const { task, file } = opened
  const { fields, filterable } = context.shape
  const ids = referencedFields(task.residual)
  const filterFields = pruneFields(filterable.fields, ids)
  const trees = comparedColumns(deletes).map(({ tree }) => tree)
  const wanted = mergeFields(fields, filterFields, trees)
  const plan = planRecord(wanted, opened.record, [])
  const make = batchMaker(task, context, plan, filterFields, deletes)
  let first = 0
  const projection = { fields: plan.projection.fields ?? [] }
  for (const rows of file.batches(projection, BATCH_ROWS)) {
    yield make(rows, first)
    first += rows.length
  }
}

function batchMaker(
  task: ScanTask,
  context: AvroContext,
  plan: RecordPlan,
  filterFields: readonly Field[],
  deletes: TaskDeletes | undefined,
): (rows: readonly AvroRow[], first: number) => RecordBatch | undefined {
  const { shape, metadata } = context
  const stored: Schema = { schemaId: 0, identifierFieldIds: [], fields: plan.fields }
  const columns = fileTree(arrowSchemaOf(stored, storedForm(shape.form)))
  const all = [...shape.fields, ...shape.filterable.fields]
  const assembly = {
    path: task.file.path,
    form: shape.form,
    limits: context.env.limits,
    constants: identityConstants(context, task),
    computed: computedColumns(all, task, metadata, shape.form),
  }
  const makers = columnMakers(shape.fields, columns, assembly)
  const select = rowSelector(task, columns, assembly, filterFields, deletes, shape.keepDeleted)
  return (rows, first) => {
    const data = toColumns(stored, rows, plan, context)
    const positions = (): Float64Array => Float64Array.from(rows, (_row, at) => first + at)
    const { mask, deleted } = select(data, { length: rows.length, positions }, first)
    const count = countMask(mask)
    if (count === 0) return undefined
    if (count === rows.length) {
      const given = { length: count, positions, deleted }
      return batchOf(
        shape,
        makers.map((make) => make(data, given)),
        count,
      )
    }
    const indices = maskIndices(mask, count)
    const kept = data.map((column) => takeData(column, indices))
    const given = {
      length: count,
      positions: () => Float64Array.from(indices, (at) => first + at),
      deleted: deleted && keptFlags(deleted, mask, count),
    }
    return batchOf(
      shape,
      makers.map((make) => make(kept, given)),
      count,
    )
  }
}

type SelectRows = (
  data: readonly Data[],
  rows: RowPositions,
  first: number,
) => { readonly mask: Mask; readonly deleted: Mask | undefined }

/** Tests the rows of a batch: by position, by predicate, by equality deletes. */
function rowSelector(
  task: ScanTask,
  columns: readonly FileColumn[],
  assembly: AssemblyContext,
  filterFields: readonly Field[],
  deletes: TaskDeletes | undefined,
  keepDeleted: boolean,
): SelectRows {
  const filterMakers = columnMakers(filterFields, columns, assembly)
  const columnsOf = termColumns(filterFields)
  const compared = comparedColumns(deletes)
  const keyMakers = columnMakers(
    compared.map(({ tree }) => tree),
    columns,
    { ...assembly, form: { ...assembly.form, ...KEY_FORM } },
  )
  const live = (data: readonly Data[], rows: RowPositions, first: number): Mask => {
    const mask = fullMask(rows.length)
    if (deletes === undefined) return mask
    clearPositions(deletes, mask, first, [{ start: 0, end: rows.length }])
    const made = new Map(compared.map(({ id }, at) => [id, keyMakers[at]!(data, rows)]))
    clearEqual(deletes, mask, made)
    return mask
  }
  return (data, rows, first) => {
    const mask = live(data, rows, first)
    const deleted = keepDeleted ? mask.map((flag) => flag ^ 1) : undefined
    if (task.residual.op === 'true') {
      return { mask: keepDeleted ? fullMask(rows.length) : mask, deleted }
    }
    const made = filterMakers.map((make) => make(data, { ...rows, deleted }))
    const passes = evaluateMask(task.residual, columnsOf(made), rows.length)
    if (!keepDeleted) for (let i = 0; i < mask.length; i += 1) passes[i]! &= mask[i]!
    return { mask: passes, deleted }
  }
}

/** Rows are built with plain strings; dictionaries are made of them afterwards. */
function storedForm({ strings: _, ...form }: ScanForm): ScanForm {
  return form
}

function toColumns(
  stored: Schema,
  rows: readonly AvroRow[],
  plan: RecordPlan,
  context: AvroContext,
): readonly Data[] {
  if (stored.fields.length === 0) return []
  const builder = new RowBatchBuilder(stored, {
    form: storedForm(context.shape.form),
    maxRows: BATCH_ROWS,
    maxBytes: Number.POSITIVE_INFINITY,
    limits: context.env.limits,
  })
  builder.append(rows.map(plan.convert))
  return builder.finish().data.children
}
