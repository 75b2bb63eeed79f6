import type { RecordBatch } from 'apache-arrow'
import type { ArrowForm } from '../../arrow/schema.js'
import type { ManifestEntry } from '../../format/model.js'
import type { Field } from '../../types/type.js'

/** Reads the given columns of a delete file, as of a data file. */
export type ReadDeleteFile = (
  entry: ManifestEntry,
  fields: readonly Field[],
  form: ArrowForm,
  signal: AbortSignal | undefined,
) => AsyncIterable<RecordBatch>
