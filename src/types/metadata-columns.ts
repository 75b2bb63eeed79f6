import type { Field, Type } from './type.js'

/** Field ids above this one are reserved for metadata columns (spec: "Reserved Field IDs"). */
export const TABLE_FIELD_ID_MAX = 2147483447

function column(id: number, name: string, type: Type, required: boolean, doc: string): Field {
  return { id, name, required, type, doc }
}

const LONG: Type = { kind: 'long' }
const INT: Type = { kind: 'int' }
const STRING: Type = { kind: 'string' }

/**
 * The metadata columns that a table may be asked for by name, with the ids, types and order of the
 * specification. `_partition` and `row` have a struct type that depends on the table.
 */
export const METADATA_COLUMNS = Object.freeze({
  file: column(2147483646, '_file', STRING, true, 'Path of the file in which a row is stored'),
  pos: column(2147483645, '_pos', LONG, true, 'Ordinal position of a row in its data file'),
  deleted: column(2147483644, '_deleted', { kind: 'boolean' }, true, 'Whether the row is deleted'),
  specId: column(2147483643, '_spec_id', INT, true, 'Partition spec of the file of a row'),
  partition: column(
    2147483642,
    '_partition',
    { kind: 'struct', fields: [] },
    false,
    'Partition to which a row belongs',
  ),
  deleteFilePath: column(2147483546, 'file_path', STRING, true, 'Path of a file with deleted rows'),
  deletePos: column(2147483545, 'pos', LONG, true, 'Ordinal position of a deleted row'),
  deleteRow: column(
    2147483544,
    'row',
    { kind: 'struct', fields: [] },
    false,
    'Values of a deleted row',
  ),
  changeType: column(2147483543, '_change_type', STRING, true, 'Record type in the changelog'),
  changeOrdinal: column(2147483542, '_change_ordinal', INT, true, 'Order of the change'),
  commitSnapshotId: column(
    2147483541,
    '_commit_snapshot_id',
    LONG,
    true,
    'Snapshot in which the change happened',
  ),
  rowId: column(2147483540, '_row_id', LONG, false, 'Implicit row id'),
  lastUpdatedSequenceNumber: column(
    2147483539,
    '_last_updated_sequence_number',
    LONG,
    false,
    'Sequence number that last updated the row',
  ),
})

/** Whether a field id is one of the two row lineage columns (v3), which data files may store. */
export function isLineage(id: number): boolean {
  return id === METADATA_COLUMNS.rowId.id || id === METADATA_COLUMNS.lastUpdatedSequenceNumber.id
}

/** Whether a field id belongs to the reserved range. */
export function isReservedFieldId(id: number): boolean {
  return id > TABLE_FIELD_ID_MAX
}
