/** A data file with its footer, its columns by field id and what stands for those it lacks. */
import type { Env } from '../../env/env.js'
import { CorruptData, Unsupported } from '../../errors.js'
import { specById } from '../../format/lookup.js'
import type { TableMetadata } from '../../format/model.js'
import type { ByteSource } from '../../parquet/contract.js'
import { readFooter } from '../../parquet/footer.js'
import type { ParquetFooter, SchemaNode } from '../../parquet/model.js'
import { planRead } from '../../parquet/read-plan.js'
import { byteSource } from '../../store/byte-source.js'
import type { Store } from '../../store/store.js'
import type { Datum } from '../../types/datum.js'
import { NAME_MAPPING_PROPERTY, parseNameMapping } from '../../types/name-mapping.js'
import { initialDefault } from '../../types/project-columns.js'
import { type SchemaIndex, schemaIndex } from '../../types/schema-index.js'
import type { Schema, Type } from '../../types/type.js'
import {
  type FileColumn,
  fileTree,
  findColumn,
  hasFieldIds,
  mapNames,
} from '../columns/file-tree.js'
import type { ScanTask } from '../contract.js'
import { coerceDatum } from '../plan/partition-filters.js'

export interface OpenContext {
  readonly metadata: TableMetadata
  /** The table's columns to read by: the whole schema, not the projection. */
  readonly schema: Schema
  readonly store: Store
  readonly env: Env
}

/** A column chunk's place and the type that its values have in the table. */
export interface FoundLeaf {
  readonly leaf: SchemaNode
  readonly type: Type
}

export class OpenFile {
  readonly task: ScanTask
  readonly source: ByteSource
  readonly footer: ParquetFooter
  readonly limits: Env['limits']
  /** Every column of the file; ids are the file's own or the name mapping's. */
  readonly columns: readonly FileColumn[]
  /** Identity partition values by source field id. */
  readonly constants: ReadonlyMap<number, Datum | null>
  /** Gives the columns of a partial read their ids. */
  readonly identify: (columns: readonly FileColumn[]) => readonly FileColumn[]
  readonly #index: SchemaIndex

  constructor(parts: {
    readonly task: ScanTask
    readonly source: ByteSource
    readonly footer: ParquetFooter
    readonly context: OpenContext
  }) {
    this.task = parts.task
    this.source = parts.source
    this.footer = parts.footer
    this.limits = parts.context.env.limits
    this.#index = schemaIndex(parts.context.schema)
    const columns = fileTree(planRead(parts.footer).schema)
    this.identify = identifier(columns, parts.context, parts.task.file.path)
    this.columns = this.identify(columns)
    this.constants = identityConstants(parts.context, parts.task)
  }

  /** The leaf that holds a column, when the file has it and it is not inside a list or map. */
  leaf(fieldId: number): FoundLeaf | undefined {
    const chain = this.#chain(fieldId)
    if (chain === undefined) return undefined
    let columns = this.columns
    const path: string[] = []
    for (const step of chain) {
      const column = columns[findColumn(columns, step)]
      if (column === undefined) return undefined
      path.push(column.name)
      columns = column.children
    }
    const leaf = this.footer.leaves.find((node) => samePath(node.path, path))
    const type = chain.at(-1)?.type
    return leaf === undefined || type === undefined ? undefined : { leaf, type }
  }

  /**
   * The value that every row has of a top-level column which the file lacks; `undefined` for a
   * column that it has and for members of structs, which can be null besides.
   */
  constantOf(fieldId: number): Datum | null | undefined {
    const field = this.#index.byId.get(fieldId)?.field
    if (field === undefined || this.#index.byId.get(fieldId)?.parentId !== undefined)
      return undefined
    if (findColumn(this.columns, field) >= 0) return undefined
    const constant = this.constants.get(fieldId)
    if (constant !== undefined) return constant
    const value = initialDefault(field)
    return value !== null && typeof value === 'object' && !(value instanceof Uint8Array)
      ? undefined
      : value
  }

  /** The struct members from the top level down to a field; undefined inside lists and maps. */
  #chain(fieldId: number): readonly { id: number; type: Type }[] | undefined {
    const found = this.#index.byId.get(fieldId)
    if (found === undefined || found.inRepeated) return undefined
    const chain: { id: number; type: Type }[] = []
    for (let at: typeof found | undefined = found; at !== undefined; ) {
      chain.unshift({ id: at.id, type: at.type })
      at = at.parentId === undefined ? undefined : this.#index.byId.get(at.parentId)
    }
    return chain
  }
}

function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index])
}

/** Opens the Parquet file of a task. Throws typed errors only. */
export async function openFile(
  task: ScanTask,
  context: OpenContext,
  signal: AbortSignal | undefined,
): Promise<OpenFile> {
  const { file } = task
  if (file.format !== 'parquet') {
    throw new Unsupported(
      `${file.format}-data-files`,
      `data file ${file.path} is in ${file.format} format`,
    )
  }
  const options = { limits: context.env.limits, ...(signal ? { signal } : {}) }
  const source = await byteSource(context.store, file.path, Number(file.sizeBytes), options)
  const footer = await footerOf(source, context, options)
  return new OpenFile({ task, source: footer.source, footer: footer.footer, context })
}

/**
 * Reads the footer where the manifest says that the file ends. Some writers record a wrong size:
 * before the file is called corrupt the store is asked for the right one.
 */
async function footerOf(
  source: ByteSource,
  context: OpenContext,
  options: { readonly limits: Env['limits']; readonly signal?: AbortSignal },
): Promise<{ readonly source: ByteSource; readonly footer: ParquetFooter }> {
  try {
    return { source, footer: await readFooter(source, options) }
  } catch (error) {
    if (!(error instanceof CorruptData)) throw error
    const actual = await byteSource(context.store, source.path, undefined, options)
    if (actual.sizeBytes === source.sizeBytes) throw error
    return { source: actual, footer: await readFooter(actual, options) }
  }
}

/** How the file's columns get their field ids (spec: "Column Projection"). */
function identifier(
  columns: readonly FileColumn[],
  context: OpenContext,
  path: string,
): (columns: readonly FileColumn[]) => readonly FileColumn[] {
  if (columns.length === 0 || hasFieldIds(columns)) return (some) => some
  const text = context.metadata.properties.get(NAME_MAPPING_PROPERTY)
  if (text === undefined) {
    throw new Unsupported(
      'parquet-without-field-ids',
      `data file ${path} has no field ids and the table has no name mapping; set the table property ${NAME_MAPPING_PROPERTY}`,
      { details: { path } },
    )
  }
  const mapping = parseNameMapping(text, context.env.limits)
  return (some) => mapNames(some, mapping)
}

/** Identity partition values of a task's file by source field id. */
export function identityConstants(
  context: OpenContext,
  task: ScanTask,
): ReadonlyMap<number, Datum | null> {
  const constants = new Map<number, Datum | null>()
  const { byId } = schemaIndex(context.schema)
  const spec = specById(context.metadata, task.file.specId)
  spec.fields.forEach((field, index) => {
    const sourceId = field.sourceIds[0]
    const value = task.file.partition[index]
    if (field.transform.kind !== 'identity' || sourceId === undefined || value === undefined) return
    constants.set(sourceId, value === null ? null : coerceDatum(value, byId.get(sourceId)?.type))
  })
  return constants
}
