/** The rows of some data files, without those that were deleted, as new data files. */
import type { RecordBatch } from 'apache-arrow'
import { defaultSortOrder } from '../format/lookup.js'
import type { DataFile, TableMetadata } from '../format/model.js'
import type { SortOrder } from '../partition/model.js'
import { formatTransform } from '../partition/transform.js'
import { createScan } from '../scan/scan.js'
import { changeMemory } from '../write/changes/change-memory.js'
import { rewriteSchema } from '../write/changes/change-scan.js'
import { type WriteProgress, type WrittenFiles, writeDataFiles } from '../write/write-data-files.js'
import type { RewriteContext } from './rewrite-context.js'
import type { FileGroup, RewriteLimits } from './rewrite-plan.js'

export interface RewriteOptions {
  readonly limits: RewriteLimits
  /** How rows are sorted; undefined: as the table is. */
  readonly order: SortOrder | undefined
  readonly onProgress?: ((progress: WriteProgress) => void) | undefined
}

/**
 * Writes the live rows of a group to new files of the table's schema and default spec, in their
 * order, or sorted. Rows of version 3 keep their ids and sequence numbers, as columns (spec: "Row
 * Lineage"). Reads and writes stream.
 */
export async function rewriteGroup(
  context: RewriteContext,
  group: FileGroup,
  options: RewriteOptions,
): Promise<WrittenFiles> {
  const { metadata, snapshot, schema, store, env, pool, signal } = context
  const { scanBytes, writeBytes } = changeMemory(context)
  const columns = rewriteSchema(context)
  const scan = createScan(
    { metadata, snapshot, schema, store, env, pool },
    {
      select: columns.fields.map(({ name }) => [name]),
      ordered: true,
      memoryLimit: scanBytes,
      ...(signal && { signal }),
    },
  )
  async function* rows(): AsyncGenerator<RecordBatch, void, void> {
    const tasks = group.tasks.map((task) => ({ ...task, residual: { op: 'true' } as const }))
    for await (const { batch } of scan.readTasks(tasks)) yield batch
  }
  const { onProgress } = options
  const written = await writeDataFiles(rows(), {
    metadata: targetTable(metadata, group, options),
    store,
    env,
    schema: columns,
    encoder: pool,
    memoryBytes: writeBytes,
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  })
  return { ...written, files: written.files.map((file) => sortedBy(file, metadata, options.order)) }
}

/** The table as the writer should see it: with the file size and the order that are wanted. */
function targetTable(
  metadata: TableMetadata,
  group: FileGroup,
  { limits, order }: RewriteOptions,
): TableMetadata {
  const properties = new Map(metadata.properties)
  properties.set('write.target-file-size-bytes', `${fileBytes(group.bytes, limits)}`)
  if (order === undefined) return { ...metadata, properties }
  const orderId = Math.max(0, ...metadata.sortOrders.map((one) => one.orderId)) + 1
  const sortOrders = [...metadata.sortOrders, { ...order, orderId }]
  return { ...metadata, properties, sortOrders, defaultSortOrderId: orderId }
}

/** Files of equal size, rather than full ones and a small rest. */
function fileBytes(bytes: number, { targetFileBytes, maxFileBytes }: RewriteLimits): number {
  const files = Math.max(1, Math.round(bytes / targetFileBytes))
  const each = Math.ceil((bytes / files) * 1.1)
  return Math.max(1, Math.min(Math.max(each, targetFileBytes), maxFileBytes))
}

/** Files say the table's order that they are in; an order that the table does not have, none. */
function sortedBy(file: DataFile, metadata: TableMetadata, order: SortOrder | undefined): DataFile {
  if (order === undefined) return file
  const own = defaultSortOrder(metadata)
  const isOwn = own.fields.length > 0 && orderText(own) === orderText(order)
  return { ...file, sortOrderId: isOwn && file.sortOrderId !== 0 ? own.orderId : 0 }
}

function orderText({ fields }: SortOrder): string {
  const parts = fields.map(({ sourceIds, transform, direction, nullOrder }) =>
    [sourceIds.join('+'), formatTransform(transform), direction, nullOrder].join(' '),
  )
  return parts.join(', ')
}
