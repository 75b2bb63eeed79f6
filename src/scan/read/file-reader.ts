/** How one file's columns are read and made into the output, for a given residual predicate. */
import type { Schema as ArrowSchema, Data } from 'apache-arrow'
import type { BoundPredicate, BoundTerm } from '../../expr/predicate.js'
import { referencedFields } from '../../expr/simplify.js'
import type { TableMetadata } from '../../format/model.js'
import type { RowGroup } from '../../parquet/model.js'
import { planRead, type ReadPlan } from '../../parquet/read-plan.js'
import type { Field, Schema } from '../../types/type.js'
import { type AssemblyContext, type ColumnMaker, columnMakers } from '../columns/assemble.js'
import { columnPaths, type FilePath } from '../columns/column-paths.js'
import { type FileColumn, fileTree } from '../columns/file-tree.js'
import type { ScanForm } from '../columns/scan-form.js'
import type { EqualityColumn } from '../deletes/equality-columns.js'
import { KEY_FORM } from '../deletes/equality-group.js'
import { pruneFields } from '../projection.js'
import { computedColumns } from './computed.js'
import type { OpenFile } from './open-file.js'

/** Bytes a value above which a chunk has likely fallen back from its dictionary. */
const DICTIONARY_BYTES_MAX = 6

/** What the output of a scan looks like; the same for all of its files. */
export interface OutputShape {
  readonly metadata: TableMetadata
  /** Columns of the output, metadata columns included. */
  readonly fields: readonly Field[]
  readonly arrowSchema: ArrowSchema
  readonly form: ScanForm
  /** The columns that predicates may name: the table's and the metadata columns. */
  readonly filterable: Schema
  /** Deleted rows come out too: `_deleted` was asked for. */
  readonly keepDeleted: boolean
}

/** Columns of the file to read together. */
export interface ColumnSet {
  readonly paths: readonly FilePath[]
  readonly columns: readonly FileColumn[]
  readonly plan: ReadPlan | undefined
}

/** The two steps of a filtered read. */
export interface FilteredRead {
  /** Read first, to evaluate the predicate. */
  readonly filter: ColumnSet
  readonly filterMakers: readonly ColumnMaker[]
  readonly columnsOf: (made: readonly Data[]) => (term: BoundTerm) => readonly Data[]
  /** Make the columns that equality deletes compare, by id, out of the filter's columns. */
  readonly keyMakers: ReadonlyMap<number, ColumnMaker>
  /** Which of the filter's columns the output takes too. */
  readonly reused: readonly number[]
  /** Read afterwards, for the rows that passed. */
  readonly rest: ColumnSet
  /** Make the output out of the reused columns followed by the rest. */
  readonly makers: readonly ColumnMaker[]
}

export class FileReader {
  readonly file: OpenFile
  readonly shape: OutputShape
  /** Everything that the output needs, for reads without a filter. */
  readonly output: ColumnSet
  readonly makers: readonly ColumnMaker[]
  readonly #context: AssemblyContext
  readonly #compared: readonly EqualityColumn[]
  readonly #filtered = new Map<string, FilteredRead>()

  /** `compared`: the columns that the file's equality deletes compare. */
  constructor(file: OpenFile, shape: OutputShape, compared: readonly EqualityColumn[] = []) {
    this.file = file
    this.shape = shape
    this.#compared = compared
    const { task, constants } = file
    const wanted = [...shape.fields, ...shape.filterable.fields]
    this.#context = {
      path: task.file.path,
      form: shape.form,
      limits: file.limits,
      constants,
      computed: computedColumns(wanted, task, shape.metadata, shape.form),
    }
    this.output = this.#columnSet(columnPaths(shape.fields, file.columns))
    this.makers = columnMakers(shape.fields, this.output.columns, this.#context)
  }

  /** The steps for a predicate. */
  filtered(predicate: BoundPredicate): FilteredRead {
    const ids = referencedFields(predicate)
    const key = [...ids].sort((a, b) => a - b).join()
    let read = this.#filtered.get(key)
    if (read === undefined) {
      read = this.#planFiltered(ids)
      this.#filtered.set(key, read)
    }
    return read
  }

  #planFiltered(ids: ReadonlySet<number>): FilteredRead {
    const fields = pruneFields(this.shape.filterable.fields, ids)
    const trees = this.#compared.map(({ tree }) => tree)
    const paths = distinct(columnPaths([...fields, ...trees], this.file.columns))
    const form = this.#filterForm(paths)
    const filter = this.#columnSet(paths, form)
    const have = new Set(filter.paths.map(pathKey))
    const covered = new Set<string>()
    const missing = new Set<string>()
    for (const path of this.output.paths) {
      if (have.has(pathKey(path))) covered.add(path[0]!)
      else missing.add(path[0]!)
    }
    // A top-level column is taken from the first read when that has all that the output needs of it.
    const reused = filter.columns.flatMap((column, at) =>
      covered.has(column.name) && !missing.has(column.name) ? [at] : [],
    )
    const rest = this.#columnSet(this.output.paths.filter((path) => missing.has(path[0]!)))
    const columns = [...reused.map((at) => filter.columns[at]!), ...rest.columns]
    return {
      filter,
      filterMakers: columnMakers(fields, filter.columns, { ...this.#context, form }),
      columnsOf: termColumns(fields),
      keyMakers: this.#keyMakers(filter.columns, form),
      reused,
      rest,
      makers: columnMakers(this.shape.fields, columns, this.#context),
    }
  }

  /** Keys have one layout whatever the scan's form: that of the delete files' own. */
  #keyMakers(columns: readonly FileColumn[], form: ScanForm): ReadonlyMap<number, ColumnMaker> {
    const context = { ...this.#context, form: { ...form, ...KEY_FORM } }
    const trees = this.#compared.map(({ tree }) => tree)
    const makers = columnMakers(trees, columns, context)
    return new Map(this.#compared.map(({ id }, at) => [id, makers[at]!]))
  }

  /**
   * Predicates are evaluated on unscaled integers and, where a file stores them so, on dictionaries:
   * each distinct string is tested once. What the output takes of these columns is converted after
   * the rows that did not pass are gone.
   */
  #filterForm(paths: readonly FilePath[]): ScanForm {
    const { strings } = this.shape.form
    if (strings !== undefined) return { decimals: 'int64', strings }
    const chunks = (this.file.footer.rowGroups[0]?.columns ?? []).filter((chunk) => {
      const leaf = this.file.footer.leaves[chunk.leafIndex]
      const isBytes = chunk.physical === 'BYTE_ARRAY' && leaf !== undefined
      return isBytes && paths.some((path) => isPrefix(path, leaf.path))
    })
    const isEncoded = chunks.every(
      (chunk) =>
        chunk.dictionaryPageOffset !== undefined &&
        chunk.uncompressedBytes < chunk.values * DICTIONARY_BYTES_MAX,
    )
    return { decimals: 'int64', strings: isEncoded ? 'dictionary' : 'utf8' }
  }

  #columnSet(paths: readonly FilePath[], form: ScanForm = this.shape.form): ColumnSet {
    if (paths.length === 0) return { paths, columns: [], plan: undefined }
    const plan = planRead(this.file.footer, { columns: paths, ...form })
    return { paths, columns: this.file.identify(fileTree(plan.schema)), plan }
  }

  /** Bytes of a column set in a row group: stored, and decoded as far as the footer tells. */
  chunkBytes(rowGroup: RowGroup, set: ColumnSet): { stored: number; decoded: number } {
    let stored = 0
    let decoded = 0
    for (const leaf of this.file.footer.leaves) {
      if (!set.paths.some((path) => isPrefix(path, leaf.path))) continue
      const chunk = rowGroup.columns[leaf.leafIndex]
      if (chunk === undefined) continue
      stored += chunk.compressedBytes
      // Dictionary-encoded columns grow when decoded: count at least 4 bytes a value.
      decoded += Math.max(chunk.uncompressedBytes, chunk.values * 4)
    }
    return { stored, decoded }
  }
}

/** Paths without those that lie below another one. */
function distinct(paths: readonly FilePath[]): readonly FilePath[] {
  const unique = [...new Map(paths.map((path) => [pathKey(path), path])).values()]
  return unique.filter(
    (path) => !unique.some((other) => other.length < path.length && isPrefix(other, path)),
  )
}

function pathKey(path: FilePath): string {
  return path.join('\u0000')
}

function isPrefix(prefix: FilePath, path: FilePath): boolean {
  return prefix.length <= path.length && prefix.every((name, at) => name === path[at])
}

/** Finds the columns of a term among made filter columns: from the top level down. */
export function termColumns(
  fields: readonly Field[],
): (made: readonly Data[]) => (term: BoundTerm) => readonly Data[] {
  const places = new Map<number, readonly number[]>()
  const visit = (level: readonly Field[], above: readonly number[]): void => {
    level.forEach((field, at) => {
      const place = [...above, at]
      places.set(field.id, place)
      if (field.type.kind === 'struct') visit(field.type.fields, place)
    })
  }
  visit(fields, [])
  return (made) => (term) => {
    const chain: Data[] = []
    let level = made
    for (const at of places.get(term.fieldId) ?? []) {
      const column = level[at]!
      chain.push(column)
      level = column.children
    }
    return chain
  }
}
