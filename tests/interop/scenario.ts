/**
 * The scenario language: what a table goes through, as plain JSON that the driver of every engine
 * executes (protocol.md). Types, specs and rows are in the JSON of the table format and in the
 * canonical JSON of rows, so that nothing of one engine's own API shows.
 */

export const ENGINES = ['moraine', 'spark', 'pyiceberg', 'duckdb'] as const
export type Engine = (typeof ENGINES)[number]

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json | undefined
}

/** Names from the top; `element`, `key` and `value` lead into lists and maps. */
export type Path = readonly string[]

export type TypeJson =
  | string
  | { readonly type: 'struct'; readonly fields: readonly FieldJson[] }
  | { readonly type: 'list'; readonly element: TypeJson; readonly 'element-required'?: boolean }
  | {
      readonly type: 'map'
      readonly key: TypeJson
      readonly value: TypeJson
      readonly 'value-required'?: boolean
    }

export interface FieldJson {
  readonly name: string
  readonly type: TypeJson
  readonly required?: boolean
  readonly doc?: string
}

export interface PartitionJson {
  readonly source: Path
  /** As in table metadata: `identity`, `bucket[16]`, `day`. */
  readonly transform: string
  readonly name?: string
}

export interface SortJson {
  readonly source: Path
  readonly transform: string
  readonly direction: 'asc' | 'desc'
  readonly nulls: 'first' | 'last'
}

export type Row = JsonObject

export type Pred =
  | boolean
  | { readonly op: 'and' | 'or'; readonly args: readonly Pred[] }
  | { readonly op: 'not'; readonly arg: Pred }
  | {
      readonly op: 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte' | 'startsWith' | 'notStartsWith'
      readonly path: Path
      readonly value: Json
    }
  | { readonly op: 'in' | 'notIn'; readonly path: Path; readonly values: readonly Json[] }
  | { readonly op: 'isNull' | 'notNull' | 'isNaN' | 'notNaN'; readonly path: Path }

export interface Placed {
  readonly first?: boolean
  readonly after?: Path
  readonly before?: Path
}

export type Change =
  | ({
      readonly change: 'add'
      readonly path: Path
      readonly type: TypeJson
      readonly doc?: string
      readonly required?: boolean
      /** In canonical JSON; format version 3. */
      readonly default?: Json
    } & Placed)
  | { readonly change: 'drop' | 'optional' | 'require'; readonly path: Path }
  | { readonly change: 'rename'; readonly path: Path; readonly name: string }
  | { readonly change: 'widen'; readonly path: Path; readonly type: string }
  | ({ readonly change: 'move'; readonly path: Path } & Placed)
  | { readonly change: 'doc'; readonly path: Path; readonly doc: string }
  | { readonly change: 'default'; readonly path: Path; readonly value: Json }
  | { readonly change: 'identifier'; readonly paths: readonly Path[] }
  /** Holds these columns too, matched by name. */
  | { readonly change: 'union'; readonly fields: readonly FieldJson[] }

/** A snapshot by the label of the step that made it: `@first`. */
export type SnapshotLabel = `@${string}`

export interface CreateStep {
  readonly op: 'create'
  readonly schema: { readonly fields: readonly FieldJson[] }
  readonly spec?: readonly PartitionJson[]
  readonly order?: readonly SortJson[]
  readonly version?: 1 | 2 | 3
  readonly properties?: Readonly<Record<string, string>>
  readonly identifier?: readonly Path[]
}

export type Operation =
  | CreateStep
  | { readonly op: 'append'; readonly rows: readonly Row[]; readonly branch?: string }
  | {
      readonly op: 'overwrite'
      readonly rows: readonly Row[]
      readonly where: Pred | 'all'
      readonly branch?: string
    }
  | { readonly op: 'replacePartitions'; readonly rows: readonly Row[]; readonly branch?: string }
  | { readonly op: 'delete'; readonly where: Pred; readonly branch?: string }
  | {
      readonly op: 'update'
      readonly where: Pred
      readonly set: Readonly<Record<string, Json>>
      readonly branch?: string
    }
  | {
      readonly op: 'merge'
      readonly rows: readonly Row[]
      readonly on: readonly string[]
      readonly matched?: 'update' | 'delete' | 'none'
      readonly notMatched?: 'insert' | 'none'
      readonly branch?: string
    }
  | {
      readonly op: 'equalityDelete'
      readonly columns: readonly string[]
      readonly rows: readonly Row[]
      readonly upserts?: readonly Row[]
    }
  | { readonly op: 'evolve'; readonly changes: readonly Change[] }
  | {
      readonly op: 'spec'
      readonly add?: readonly PartitionJson[]
      readonly remove?: readonly string[]
      /** Old names and new ones. */
      readonly rename?: Readonly<Record<string, string>>
    }
  | { readonly op: 'order'; readonly order: readonly SortJson[] }
  | {
      readonly op: 'properties'
      readonly set?: Readonly<Record<string, string>>
      readonly remove?: readonly string[]
    }
  | { readonly op: 'upgrade'; readonly version: 2 | 3 }
  | { readonly op: 'branch' | 'tag'; readonly name: string; readonly snapshot?: SnapshotLabel }
  | { readonly op: 'dropBranch' | 'dropTag'; readonly name: string }
  | { readonly op: 'fastForward'; readonly branch: string; readonly to: string }
  | {
      readonly op: 'rollback' | 'setCurrent' | 'cherrypick'
      readonly snapshot: SnapshotLabel
    }
  | { readonly op: 'expire'; readonly retainLast: number }
  | { readonly op: 'compact'; readonly sort?: string }
  | { readonly op: 'rewriteManifests' | 'rewritePositionDeletes' | 'statistics' }
  /** Unknown members go into the newest metadata file: they must outlive the commits that follow. */
  | { readonly op: 'plant' }

export type Step = Operation & {
  /** Who does it; without, the writer of the run. Scenarios that name anyone alternate. */
  readonly by?: 'moraine' | 'spark'
  /** A name for the head of the table after this step. */
  readonly label?: string
  /** The rows after this step, of `main` and of branches, where they are known beforehand. */
  readonly expect?: {
    readonly rows: readonly Row[]
    readonly branches?: Readonly<Record<string, readonly Row[]>>
  }
}

export interface Scenario {
  readonly name: string
  /** The part of the conformance page that it exercises. */
  readonly feature: string
  readonly steps: readonly Step[]
  /** Predicates under which the newest state is read too. */
  readonly filters?: readonly Pred[]
  /** Who writes it; everybody unless given. Alternating scenarios are written once. */
  readonly writers?: readonly Engine[]
  /** Compare the row lineage columns of format version 3 too. */
  readonly lineage?: boolean
  /** Files, manifests and partitions are those of the reference; on unless the layout is free. */
  readonly layout?: boolean
}

/** Whether the turns of a scenario alternate between moraine and Spark. */
export function alternates(scenario: Scenario): boolean {
  return scenario.steps.some((step) => step.by !== undefined)
}
