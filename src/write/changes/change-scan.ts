/** How a row-level change reads the rows it may touch. */

import { InvalidArgument } from '../../errors.js'
import type { BoundPredicate } from '../../expr/predicate.js'
import type { ScanTask } from '../../scan/contract.js'
import { planFiles } from '../../scan/plan/plan-files.js'
import { createScan, type Scan } from '../../scan/scan.js'
import { METADATA_COLUMNS } from '../../types/metadata-columns.js'
import type { Field, Schema } from '../../types/type.js'
import type { ChangeContext } from './change-context.js'
import { changeMemory } from './change-memory.js'

const LINEAGE: readonly Field[] = [
  METADATA_COLUMNS.rowId,
  METADATA_COLUMNS.lastUpdatedSequenceNumber,
]

/**
 * The columns of rewritten rows: the table's, and in v3 the row lineage, which moved rows keep
 * (spec: "Row Lineage").
 *
 * @throws InvalidArgument when the table has columns of these names
 */
export function rewriteSchema(context: Pick<ChangeContext, 'schema' | 'metadata'>): Schema {
  const { schema, metadata } = context
  if (metadata.formatVersion < 3) return schema
  for (const { name } of LINEAGE) refuseHidden(schema, name)
  return { ...schema, fields: [...schema.fields, ...LINEAGE] }
}

/** The data files that may hold rows of the predicate, with all that manifests say of them. */
export async function affectedTasks(
  context: ChangeContext,
  where: BoundPredicate,
): Promise<readonly ScanTask[]> {
  const { metadata, snapshot, schema, store, env, signal } = context
  const tasks: ScanTask[] = []
  const plan = { metadata, snapshot, schema, store, env, where, signal, fullEntries: true }
  for await (const task of planFiles(plan)) tasks.push(task)
  return tasks
}

/** A column of the table hides the metadata column of its name, which row-level changes need. */
function refuseHidden(schema: Schema, name: string): void {
  if (!schema.fields.some((field) => field.name === name)) return
  throw new InvalidArgument(
    `column '${name}' hides the metadata column of that name, which changes of rows need: rename it first`,
    { details: { column: name } },
  )
}

/**
 * A scan of columns by name, of tasks that were planned before.
 *
 * @throws InvalidArgument when a column of the table is called `_pos`
 */
export function scanOf(context: ChangeContext, columns: readonly string[]): Scan {
  if (columns.includes(METADATA_COLUMNS.pos.name)) {
    refuseHidden(context.schema, METADATA_COLUMNS.pos.name)
  }
  const { metadata, snapshot, schema, store, env, pool, signal } = context
  return createScan(
    { metadata, snapshot, schema, store, env, pool },
    {
      select: columns.map((name) => [name]),
      memoryLimit: changeMemory(context).scanBytes,
      ...(signal && { signal }),
    },
  )
}
