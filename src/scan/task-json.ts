/** Scan tasks as JSON: planned in one process, read in another. */
import { ObjectReader } from '../codec/json/object-reader.js'
import { type JsonValue, jsonInt, jsonLong, jsonObject } from '../codec/json/value.js'
import type { DataFile, FileContent, FileFormat, ManifestEntry } from '../format/model.js'
import type { Schema } from '../types/type.js'
import { fromHex, toHex } from '../util/bytes.js'
import type { ScanTask } from './contract.js'
import { datumJson, parseDatumJson } from './datum-json.js'
import { parsePredicateJson, predicateJson } from './predicate-json.js'
import { withMetadataColumns } from './projection.js'

const CONTENTS: readonly FileContent[] = ['data', 'position-deletes', 'equality-deletes']
const FORMATS: readonly FileFormat[] = ['parquet', 'avro', 'orc', 'puffin']

/** Everything that reading the task needs; column metrics are left out. */
export function taskToJson(task: ScanTask): JsonValue {
  return jsonObject([
    ['data-file', fileJson(task.file)],
    ['sequence-number', jsonLong(task.sequenceNumber)],
    ['file-sequence-number', jsonLong(task.fileSequenceNumber)],
    ['added-snapshot-id', jsonLong(task.addedSnapshotId)],
    ['delete-files', task.deletes.map(entryJson)],
    ['residual', predicateJson(task.residual)],
  ])
}

/**
 * A task from its JSON; `schema` is the one that the scan was planned with.
 *
 * @throws CorruptData
 */
export function taskFromJson(json: JsonValue, schema: Schema): ScanTask {
  const reader = new ObjectReader(json, { path: 'scan task' })
  return {
    file: parseFile(reader.object('data-file')),
    sequenceNumber: reader.long('sequence-number'),
    fileSequenceNumber: reader.long('file-sequence-number'),
    addedSnapshotId: reader.long('added-snapshot-id'),
    deletes: reader.objects('delete-files', parseEntry),
    residual: parsePredicateJson(reader.value('residual'), withMetadataColumns(schema, 3)),
  }
}

function entryJson(entry: ManifestEntry): JsonValue {
  return jsonObject([
    ['file', fileJson(entry.file)],
    ['status', entry.status],
    ['snapshot-id', jsonLong(entry.snapshotId)],
    ['sequence-number', jsonLong(entry.sequenceNumber)],
    ['file-sequence-number', jsonLong(entry.fileSequenceNumber)],
  ])
}

function parseEntry(reader: ObjectReader): ManifestEntry {
  const status = reader.string('status')
  if (status !== 'existing' && status !== 'added') return reader.fail('not a live entry', 'status')
  return {
    file: parseFile(reader.object('file')),
    status,
    snapshotId: reader.long('snapshot-id'),
    sequenceNumber: reader.long('sequence-number'),
    fileSequenceNumber: reader.long('file-sequence-number'),
  }
}

function fileJson(file: DataFile): JsonValue {
  return jsonObject([
    ['content', file.content],
    ['file-path', file.path],
    ['file-format', file.format],
    ['spec-id', jsonInt(file.specId)],
    ['partition', file.partition.map(datumJson)],
    ['record-count', jsonLong(file.recordCount)],
    ['file-size-in-bytes', jsonLong(file.sizeBytes)],
    ['key-metadata', file.keyMetadata && toHex(file.keyMetadata)],
    ['split-offsets', file.splitOffsets?.map(jsonLong)],
    ['equality-ids', file.equalityIds?.map(jsonInt)],
    ['first-row-id', optLong(file.firstRowId)],
    ['referenced-data-file', file.referencedDataFile],
    ['content-offset', optLong(file.contentOffset)],
    ['content-size-in-bytes', optLong(file.contentSizeBytes)],
  ])
}

function optLong(value: bigint | undefined): JsonValue | undefined {
  return value === undefined ? undefined : jsonLong(value)
}

/** Bytes that are no hex must not pass for bytes that are not there: the file would seem plain. */
function parseHex(reader: ObjectReader, key: string): Uint8Array | undefined {
  const hex = reader.optString(key)
  return hex === undefined ? undefined : (fromHex(hex) ?? reader.fail('not hexadecimal', key))
}

function parseFile(reader: ObjectReader): DataFile {
  const content = CONTENTS.find((known) => known === reader.string('content'))
  const format = FORMATS.find((known) => known === reader.string('file-format'))
  const keyMetadata = parseHex(reader, 'key-metadata')
  const splitOffsets = reader.optLongs('split-offsets')
  const equalityIds = reader.optInts('equality-ids')
  const firstRowId = reader.optLong('first-row-id')
  const referencedDataFile = reader.optString('referenced-data-file')
  const contentOffset = reader.optLong('content-offset')
  const contentSizeBytes = reader.optLong('content-size-in-bytes')
  return {
    content: content ?? reader.fail('unknown file content', 'content'),
    path: reader.string('file-path'),
    format: format ?? reader.fail('unknown file format', 'file-format'),
    specId: reader.int('spec-id'),
    partition: reader.list('partition', parseDatumJson),
    recordCount: reader.long('record-count'),
    sizeBytes: reader.long('file-size-in-bytes'),
    ...(keyMetadata && { keyMetadata }),
    ...(splitOffsets && { splitOffsets }),
    ...(equalityIds && { equalityIds }),
    ...(firstRowId !== undefined && { firstRowId }),
    ...(referencedDataFile !== undefined && { referencedDataFile }),
    ...(contentOffset !== undefined && { contentOffset }),
    ...(contentSizeBytes !== undefined && { contentSizeBytes }),
  }
}
