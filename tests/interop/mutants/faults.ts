/**
 * Faults of the kind that only another engine notices. Each is planted in a copy of the library;
 * the scenarios that it names must then find something, and must find nothing without it.
 */

/** One place in a source file; the text must be there exactly once. */
export interface Edit {
  readonly file: string
  readonly find: string
  readonly replace: string
}

export interface Fault {
  readonly name: string
  readonly edits: readonly Edit[]
  /** Names of scenarios, as the harness lists them. */
  readonly scenarios: readonly string[]
}

function fault(
  name: string,
  scenarios: readonly string[],
  file: string,
  find: string,
  replace: string,
): Fault {
  return { name, edits: [{ file, find, replace }], scenarios }
}

export const FAULTS: readonly Fault[] = [
  fault(
    'swap two field ids',
    ['metrics-of-nothing-but-nulls', 'parquet-many-row-groups'],
    'src/parquet/write-schema.ts',
    'addNode(out, { name, id, type, required }, path, repeated)',
    'addNode(out, { name, id: id === 2 ? 3 : id === 3 ? 2 : id, type, required }, path, repeated)',
  ),
  fault(
    'wrong sequence number',
    ['append-twice'],
    'src/format/write-manifest-list.ts',
    'const own = input.sequenceNumber\n',
    'const own = input.sequenceNumber - 1n\n',
  ),
  fault(
    'wrong bucket hash',
    ['partition-bucket-string'],
    'src/codec/murmur3.ts',
    'const C2 = 0x1b873593',
    'const C2 = 0x1b873595',
  ),
  fault(
    'missing null count',
    ['metrics-of-nothing-but-nulls'],
    'src/parquet/write-metrics.ts',
    'if (nulls.every((count) => count !== undefined)) {',
    'if (nulls.every((count) => count === undefined)) {',
  ),
  fault(
    'wrong bound truncation',
    ['metrics-multibyte'],
    'src/types/bounds.ts',
    'return start.length === text.length ? text : raiseLastCodePoint(start)',
    'return start.length === text.length ? text : start',
  ),
  fault(
    'missing UUID annotation',
    ['type uuid'],
    'src/parquet/write-schema.ts',
    'return fixed(16, annotation(undefined, 14, []))',
    'return fixed(16)',
  ),
  fault(
    'summary miscount',
    ['append-twice'],
    'src/commit/snapshot-summary.ts',
    'counts.records += file.recordCount',
    'counts.records += file.recordCount + 1n',
  ),
  fault(
    'wrong partition path',
    ['partition-escaped-values'],
    'src/partition/partition-path.ts',
    "encoded += '+'",
    "encoded += '%20'",
  ),
  fault(
    'lost unknown metadata field',
    ['append-twice'],
    'src/format/write-table-metadata.ts',
    'metadata.extra,',
    'undefined,',
  ),
  fault(
    'wrong timestamp unit',
    ['type timestamp'],
    'src/parquet/write-schema.ts',
    'annotation(undefined, 8, timeParameters(false, 2))',
    'annotation(undefined, 8, timeParameters(false, 1))',
  ),
  fault(
    'NaN values not counted',
    ['metrics-of-nothing-but-nulls'],
    'src/parquet/write-metrics.ts',
    'nanValueCounts.set(fieldId, nans)',
    'nanValueCounts.set(fieldId, 0n)',
  ),
  {
    name: 'days before 1970 rounded towards it',
    scenarios: ['partition-day-timestamp'],
    edits: [
      {
        file: 'src/partition/transforms/temporal.ts',
        find: 'ofDay(Math.floor(hours(datum) / 24))',
        replace: 'ofDay(Math.trunc(hours(datum) / 24))',
      },
      {
        file: 'src/partition/transforms/temporal.ts',
        find: 'ofDay(Math.floor(hoursOfWords(low, high) / 24))',
        replace: 'ofDay(Math.trunc(hoursOfWords(low, high) / 24))',
      },
    ],
  },
  fault(
    'nulls not in the manifest summary',
    ['partition-identity-string'],
    'src/format/partition-summary.ts',
    'field.compare === undefined) field.containsNull = true',
    'field.compare === undefined) field.containsNull = false',
  ),
  fault(
    'snapshots without their schema',
    ['evolve-columns'],
    'src/format/snapshot-json.ts',
    "['schema-id', optional(snapshot.schemaId, jsonInt)],",
    '',
  ),
  fault(
    'row ids given twice',
    ['v3-lineage-after-upgrade'],
    'src/format/write-manifest-list.ts',
    'return addedRowsCount + existingRowsCount',
    'return addedRowsCount - addedRowsCount + existingRowsCount',
  ),
  fault(
    'sort order not named in files',
    ['sort-order-in-partitions'],
    'src/format/write-manifest.ts',
    'const order = file.sortOrderId ?? null',
    'const order = null',
  ),
  fault(
    'decimals of wrong scale',
    ['type decimal(9, 2)'],
    'src/parquet/write-schema.ts',
    '    [1, i32Field(scale)],\n    [2, i32Field(precision)],',
    '    [1, i32Field(scale + 1)],\n    [2, i32Field(precision)],',
  ),
]
