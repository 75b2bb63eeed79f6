/** What other engines are known to get wrong, and what moraine says it cannot do yet. */
import type { Fact } from './facts.js'
import type { Engine } from './scenario.js'

export interface KnownFault {
  readonly engine: Exclude<Engine, 'moraine'>
  readonly scenario: RegExp
  /** Whose table; anybody's unless given. */
  readonly writer?: Engine
  /** The engine writes it wrongly: whoever stumbles over its table is excused. */
  readonly wrote?: true
  /** What the finding says. */
  readonly says: RegExp
  /** Only where this was measured of the state that was read. */
  readonly where?: Fact
  readonly because: string
}

export const PEER_FAULTS: readonly KnownFault[] = [
  {
    engine: 'pyiceberg',
    scenario: /./,
    says: /^(snapshot|tag|branch) .*(Could not find field with name|Cannot convert \w+Literal into)/,
    because:
      'whatever snapshot it reads, it looks for the columns of a filter in the newest schema',
  },
  {
    engine: 'duckdb',
    scenario: /^(type fixed|partition-bucket-fixed)$/,
    wrote: true,
    says: /Cannot promote an binary to fixed|ClassCastException/,
    because: 'it writes fixed as byte arrays without a length',
  },
  {
    engine: 'duckdb',
    scenario: /^(partition-(identity|truncate)-string|metrics-multibyte)$/,
    wrote: true,
    says: /Failed to decode value as UTF-8|can't decode byte|Invalid unicode/,
    because: 'it cuts the bounds of strings inside a character',
  },
  {
    engine: 'duckdb',
    scenario: /^partition-(identity|truncate)-binary$/,
    writer: 'duckdb',
    says: /^step 2, append: .*Invalid unicode/,
    because: 'it takes binary partition values for text',
  },
  {
    engine: 'duckdb',
    scenario: /^(partition-(month|day)-timestamp(tz)?$|seed \d)/,
    says: /\{.*"op":"eq","path":\["\w+"\],"value":"1969-.*rows missing/,
    because: 'it rounds times before 1970 up when it looks for their month or day',
  },
  {
    engine: 'duckdb',
    scenario: /^partition-identity-boolean$/,
    wrote: true,
    says: /"op":"eq","path":\["v"\],"value":false\}: 1 rows too many/,
    because: 'its manifests leave false out of the summary of a partition: all others find nothing',
  },
  {
    engine: 'duckdb',
    scenario: /^partition-identity-(float|double)$/,
    wrote: true,
    says: /"op":"isNaN"|"code":"manifest-summary"|"op":"notNaN"/,
    because: 'its manifests do not say that a partition is NaN',
  },
  {
    engine: 'pyiceberg',
    scenario: /^partition-identity-(float|double)$/,
    writer: 'pyiceberg',
    says: /^step 2, append: ZeroDivisionError/,
    because: 'it cannot tell whether NaN is the value of a partition',
  },
  {
    engine: 'duckdb',
    scenario: /^partition-identity-time$/,
    wrote: true,
    says: /"op":"gt","path":\["v"\],"value":"12:00:00/,
    because: 'the summaries of its manifests do not hold its times',
  },
  {
    engine: 'pyiceberg',
    scenario: /^partition-bucket-time$/,
    writer: 'pyiceberg',
    says: /^step 2, append: AttributeError: 'int' object has no attribute 'hour'/,
    because: 'it cannot hash a time',
  },
  {
    engine: 'duckdb',
    scenario: /^partition-bucket-uuid$/,
    says: /"op":"eq","path":\["v"\],"value":"f79c3e09-/,
    because: 'its bucket of a uuid is not that of the specification',
  },
  {
    engine: 'duckdb',
    scenario: /^partition-identity-uuid$/,
    says: /"op":"eq","path":\["v"\],"value":"f79c3e09-/,
    because: 'it orders uuids by their bytes, the reference as two signed longs',
  },
  {
    engine: 'pyiceberg',
    scenario: /^partition-identity-uuid$/,
    says: /"op":"eq","path":\["v"\],"value":"f79c3e09-/,
    because: 'it orders uuids by their bytes, the reference as two signed longs',
  },
  {
    engine: 'duckdb',
    scenario: /^partition-escaped-names$/,
    says: /Invalid Avro identifier/,
    because: 'names of partition fields have to be names in Avro',
  },
  {
    engine: 'duckdb',
    scenario: /^partition-nested-source$/,
    writer: 'duckdb',
    says: /^step 2, append: .*Partition source column with id 3 not found in schema/,
    because: 'it finds no partition source inside a struct',
  },
  {
    engine: 'pyiceberg',
    scenario: /^metrics-multibyte$/,
    writer: 'pyiceberg',
    says: /^step 4, append: UnicodeEncodeError: .*surrogates not allowed/,
    because: 'the character after U+D7FF is U+E000, it takes a surrogate',
  },
  {
    engine: 'duckdb',
    scenario: /^parquet-many-row-groups$/,
    writer: 'duckdb',
    says: /^step 2, append: .*ROW_GROUP_SIZE_BYTES does not work while preserving insertion order/,
    because: 'it limits row groups in bytes only when it need not keep the order of rows',
  },
  {
    engine: 'duckdb',
    scenario: /^partition-identity-uuid$/,
    wrote: true,
    says: /"op":"eq","path":\["v"\],"value":"f79c3e09-.*1 rows too many/,
    because: 'its manifests order uuids by their bytes: the reference finds too little in them',
  },
  {
    engine: 'pyiceberg',
    scenario: /^v3-(timestamps-of-nanoseconds|nanosecond-partitions)$/,
    says: /Cannot convert StringLiteral into timestamp(tz)?_ns/,
    because: 'its expressions know no nanoseconds',
  },
  {
    engine: 'pyiceberg',
    scenario: /^nested values$/,
    says: /1 rows too many: .*\["ls",\[\]\].*1 rows missing: .*\["ls",null\]/,
    because: 'a null list of structs is an empty one',
  },
  {
    engine: 'duckdb',
    scenario: /^nested values$/,
    writer: 'duckdb',
    says: /^step 2, append: .*NOT NULL constraint failed: nested_values\.ls\.element\.x$/,
    because: 'a null list of structs with a required field cannot be inserted',
  },
  {
    engine: 'duckdb',
    scenario: /^evolve-old-partition-source-dropped$/,
    says: /unordered_map::at/,
    because: 'a filter looks for the source column of every spec, dropped ones too',
  },
  {
    engine: 'duckdb',
    scenario: /v1|^(evolve-(format-1-2-3|void-in-turns)$|v3-lineage-after-upgrade$|seed \d)/,
    says: /required field 'sequence_number' is NULL/,
    because: 'snapshots of version 1 have no sequence number, also after an upgrade',
  },
  {
    engine: 'duckdb',
    scenario: /^seed \d/,
    says: /'manifest_entry\.sequence_number' is only allowed to be NULL for ADDED entries/,
    because: 'merged manifests of version 1 have no sequence numbers, also after an upgrade',
  },
  {
    engine: 'spark',
    scenario: /^seed \d/,
    says: /^branch \w+ \{.*ValidationException: Cannot find field '\w+' in struct: /,
    because: "a filter on a branch is bound to the schema of its snapshot, not to the table's",
  },
  {
    engine: 'duckdb',
    scenario: /v1|^(evolve-(format-1-2-3|void)|v3-lineage-after-upgrade$)/,
    says: /Sequence number must be 0 in v1/,
    because: 'it writes sequence numbers into tables of version 1',
  },
  {
    engine: 'duckdb',
    scenario: /^rows-deletion-vectors$/,
    wrote: true,
    says: /"code":"snapshot-summary".*total-(delete-files|position-deletes)=/,
    because: 'a vector that takes the place of another is counted beside it',
  },
  {
    engine: 'duckdb',
    // Whether it happens depends on the generated names of the files.
    scenario: /./,
    where: 'several vectors in one Puffin file',
    says: /: \d+ rows (too many|missing): /,
    because:
      'of several vectors in one Puffin file it applies one to the rows of another data file',
  },
  {
    engine: 'duckdb',
    scenario: /^equality-deletes-(of-nulls|of-null-keys|by-partition)$/,
    says: /rows missing: \[\["a",null\],\["b",|Comparison on NULL values/,
    because: 'equality deletes do not compare nulls as the specification says',
  },
  {
    engine: 'duckdb',
    scenario: /^equality-deletes-then-evolution$/,
    says: /Expected vector of type INT64, but found vector of type INT32/,
    because: 'a column of equality deletes cannot be widened',
  },
  {
    engine: 'pyiceberg',
    scenario: /^evolve-void-v1$/,
    writer: 'pyiceberg',
    says: /^step 6, append: ValueError: Cannot have redundant partitions/,
    because: 'it takes a void field and a new one of the same column for the same',
  },
  {
    engine: 'pyiceberg',
    scenario: /^evolve-sort-order$/,
    writer: 'pyiceberg',
    says: /^step 5, order: ValueError: Cannot set current sort order/,
    because: 'it cannot go back to the unsorted order',
  },
  {
    engine: 'pyiceberg',
    scenario: /^v3-geo/,
    says: /Could not parse geometry|Cannot promote an binary to geometry/,
    because: 'it knows neither the texts of geometry types nor their Parquet annotation',
  },
  {
    engine: 'duckdb',
    scenario: /^v3-geo/,
    writer: 'duckdb',
    says: /no Arrow value for geometry|Could not parse geometry/,
    because: 'its driver has no way to hand it a geometry',
  },
  {
    engine: 'duckdb',
    scenario: /^v3-unknown/,
    says: /Unrecognized primitive type: unknown/,
    because: 'it does not know the type',
  },
  {
    engine: 'pyiceberg',
    scenario: /^v3-defaults-of-each-type$/,
    says: /1969-12-31.*rows missing/,
    because: 'a filter on the default of a date column loses rows that it shows without the filter',
  },
  {
    engine: 'pyiceberg',
    scenario: /^v3-defaults-in-structs$/,
    says: /rows too many/,
    because: 'a filter on a member with a default takes rows whose struct is null',
  },
  {
    engine: 'pyiceberg',
    scenario: /^v3-defaults-in-lists-and-maps$/,
    says: /rows too many/,
    because: 'it turns null lists and maps into empty ones',
  },
]

/** A refusal of ours, and the text of its row on the conformance page. */
export interface Refusal {
  readonly says: RegExp
  readonly row: string
}

const notBuilt = (operation: string, row: string): Refusal => ({
  says: new RegExp(`^step \\d+, ${operation}: moraine cannot ${operation}$`),
  row,
})

export const REFUSALS: readonly Refusal[] = [
  notBuilt('expire', 'Expiring snapshots'),
  notBuilt('rewriteManifests', 'Rewriting manifests'),
  notBuilt('statistics', 'Computing table and partition statistics'),
  notBuilt('cherrypick', 'Cherry-picking a snapshot'),
  notBuilt('setCurrent', 'Making any snapshot the current one'),
]
