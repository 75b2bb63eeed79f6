/** Delete files read as data files are: they are valid data files of their own columns. */
import { type ArrowForm, arrowSchemaOf } from '../../arrow/schema.js'
import type { ManifestEntry } from '../../format/model.js'
import type { Field, Schema } from '../../types/type.js'
import type { ScanForm } from '../columns/scan-form.js'
import type { ScanTask } from '../contract.js'
import type { ReadContext } from './read-context.js'

/** Part of the memory of a scan that reading one delete file may take. */
const MEMORY_PART = 8

/** A task that reads every row of a delete file. */
export function deleteFileTask(entry: ManifestEntry): ScanTask {
  return {
    file: entry.file,
    sequenceNumber: entry.sequenceNumber,
    fileSequenceNumber: entry.fileSequenceNumber,
    addedSnapshotId: entry.snapshotId,
    deletes: [],
    residual: { op: 'true' },
  }
}

/** How to read some columns of delete files in a scan. */
export function deleteFileContext(
  context: ReadContext,
  fields: readonly Field[],
  form: ArrowForm,
): ReadContext {
  const { metadata, schema, store, env, pool, memoryBytes } = context
  const output: Schema = { schemaId: schema.schemaId, identifierFieldIds: [], fields }
  return {
    metadata,
    schema,
    store,
    env,
    pool,
    memoryBytes: memoryBytes / MEMORY_PART,
    ordered: true,
    shape: {
      metadata,
      fields,
      arrowSchema: arrowSchemaOf(output, form),
      form: form as ScanForm,
      filterable: output,
      keepDeleted: false,
    },
  }
}
