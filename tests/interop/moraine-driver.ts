import { join } from 'node:path'
import { stringifyJson } from '../../src/codec/json/stringify.js'
import {
  type Catalog,
  connect,
  encodeRow,
  MoraineError,
  openTable,
  type SchemaEditor,
  type Table,
  type UnknownSchema,
} from '../../src/index.js'
import { typeJson } from '../../src/types/schema-json.js'
import type { Answer, Driver } from './driver.js'
import {
  column,
  inputRow,
  inputValue,
  partitionTerm,
  predicate,
  shape,
  sortTerm,
  sortTerms,
  typeAt,
} from './moraine-input.js'
import type {
  Change,
  CreateStep,
  FieldJson,
  Json,
  JsonObject,
  Operation,
  Path,
  Placed,
  Row,
  TypeJson,
} from './scenario.js'

type Request<K extends Operation['op']> = Extract<Operation, { readonly op: K }> & {
  readonly table: string
}
/** Requests about a reference or a snapshot; labels have become snapshot ids. */
interface RefRequest {
  readonly table: string
  readonly name: string
  readonly snapshot?: string
}
interface SnapshotRequest {
  readonly table: string
  readonly snapshot: string
}

/** The codes of errors that say "moraine cannot do this". */
const REFUSALS: ReadonlySet<string> = new Set(['UNSUPPORTED'])

/** The library under test, in this process, through its public functions. */
export function moraineDriver(workFolder: string): Driver {
  let catalog: Promise<Catalog> | undefined
  const connected = (): Promise<Catalog> => {
    catalog ??= connect(join(workFolder, 'warehouse'), { unsafeNoSync: true, workers: 0 })
    return catalog
  }
  return {
    async ask(request) {
      try {
        const operation = OPERATIONS[request.op as keyof typeof OPERATIONS] as
          | ((catalog: Catalog, request: JsonObject) => Promise<JsonObject>)
          | undefined
        if (operation === undefined) return { refused: `moraine cannot ${request.op}` }
        return { ok: await operation(await connected(), request) }
      } catch (error) {
        return answerOf(error)
      }
    },
    async close() {
      await (await catalog)?.close()
    },
  }
}

function answerOf(error: unknown): Answer {
  if (!(error instanceof MoraineError)) return { error: String((error as Error).stack ?? error) }
  if (REFUSALS.has(error.code)) return { refused: error.message }
  return { error: `${error.code}: ${error.message}` }
}

/** The columns of a table as scenarios write them. */
function fieldsOf(schema: Table<unknown>['schema']): readonly FieldJson[] {
  return schema.fields.map((field) => ({
    name: field.name,
    type: JSON.parse(stringifyJson(typeJson(field.type))) as TypeJson,
    required: field.required,
  }))
}

async function load(catalog: Catalog, request: { readonly table: string }) {
  const table = await catalog.loadTable(request.table)
  return { table, fields: fieldsOf(table.schema) }
}

/** Runs what one request asks of a table and answers with nothing but success. */
function on<R extends { readonly table: string }>(
  run: (
    loaded: { readonly table: Table<UnknownSchema>; readonly fields: readonly FieldJson[] },
    request: R,
  ) => Promise<unknown>,
): (catalog: Catalog, request: R) => Promise<JsonObject> {
  return async (catalog, request) => {
    const { table, fields } = await load(catalog, request)
    await run({ table: table as unknown as Table<UnknownSchema>, fields }, request)
    return {}
  }
}

const branchOf = (request: { readonly branch?: string }) =>
  request.branch === undefined ? {} : { branch: request.branch }

const rowsOf = (fields: readonly FieldJson[], rows: readonly Row[]): never[] =>
  rows.map((row) => inputRow(fields, row)) as never[]

async function create(catalog: Catalog, request: CreateStep & { readonly table: string }) {
  await catalog.createTable(request.table, {
    schema: shape(request.schema.fields),
    partitionBy: (request.spec ?? []).map(partitionTerm),
    sortBy: (request.order ?? []).map(sortTerm),
    formatVersion: request.version ?? 2,
    ...(request.properties !== undefined && { properties: request.properties }),
    ...(request.identifier !== undefined && {
      identifier: request.identifier.map((path) => path.join('.')),
    }),
  })
  return {}
}

type Editor = SchemaEditor<UnknownSchema>

function placed(editor: Editor, path: Path, where: Placed): void {
  if (where.first === true) editor.moveFirst(path)
  else if (where.after !== undefined) editor.moveAfter(path, where.after)
  else if (where.before !== undefined) editor.moveBefore(path, where.before)
}

function change(editor: Editor, fields: readonly FieldJson[], one: Change): void {
  switch (one.change) {
    case 'add': {
      let made = column(one.type)
      if (one.required === true) made = made.required()
      if (one.doc !== undefined) made = made.doc(one.doc)
      if (one.default !== undefined) {
        made = made.default(inputValue(one.type, one.default) as never) as never
      }
      editor.addColumn(one.path, made)
      placed(editor, one.path, one)
      return
    }
    case 'drop':
      editor.dropColumn(one.path)
      return
    case 'rename':
      editor.renameColumn(one.path, one.name)
      return
    case 'widen':
      editor.widenColumn(one.path, column(one.type))
      return
    case 'optional':
      editor.makeOptional(one.path)
      return
    case 'require':
      editor.makeRequired(one.path, { allowIncompatible: true })
      return
    case 'move':
      placed(editor, one.path, one)
      return
    case 'doc':
      editor.updateDoc(one.path, one.doc)
      return
    case 'default':
      editor.updateDefault(one.path, inputValue(topType(fields, one.path), one.value))
      return
    case 'identifier':
      editor.setIdentifier(...one.paths)
      return
    case 'union':
      editor.unionByName(shape(one.fields))
  }
}

function topType(fields: readonly FieldJson[], path: Path): TypeJson {
  const [name, ...rest] = path
  const field = fields.find((one) => one.name === name)
  if (field === undefined) throw new Error(`no column ${name}`)
  if (rest.length === 0) return field.type
  return topType((field.type as { readonly fields: readonly FieldJson[] }).fields, rest)
}

async function head(catalog: Catalog, request: { readonly table: string }): Promise<JsonObject> {
  const { table } = await load(catalog, request)
  return {
    metadata: table.metadataLocation,
    snapshot: table.currentSnapshotId === undefined ? null : String(table.currentSnapshotId),
  }
}

interface ReadRequest {
  readonly metadata: string
  readonly snapshot?: string
  readonly ref?: string
  readonly where?: Parameters<typeof predicate>[1]
  readonly lineage?: boolean
}

async function read(_catalog: Catalog, request: ReadRequest): Promise<JsonObject> {
  const table = await openTable(request.metadata, { workers: 0 })
  const at =
    request.ref !== undefined
      ? await table.asOf({ ref: request.ref })
      : request.snapshot !== undefined
        ? await table.asOf({ snapshot: BigInt(request.snapshot) })
        : table.current()
  const { schema } = at
  const where =
    request.where === undefined ? {} : { where: predicate(fieldsOf(schema), request.where) }
  const names = schema.fields.map((field) => [field.name])
  const lineage = request.lineage === true ? LINEAGE : []
  const select =
    lineage.length === 0 ? {} : { select: [...names, ...lineage.map((name) => [name])] }
  const rows: Json[] = []
  for await (const row of at.scan({ ...where, ...select } as never).rows({ variants: 'binary' })) {
    const encoded = JSON.parse(encodeRow(schema, row as object)) as Row
    const extra = lineage.map((name) => [name, longText((row as Row)[name])])
    rows.push({ ...encoded, ...Object.fromEntries(extra) })
  }
  return { rows }
}

const LINEAGE = ['_row_id', '_last_updated_sequence_number'] as const
const longText = (value: unknown): Json =>
  value === null || value === undefined ? null : String(value)

const OPERATIONS = {
  create,
  head,
  read,
  append: on<Request<'append'>>(({ table, fields }, request) =>
    table.append(rowsOf(fields, request.rows), branchOf(request)),
  ),
  overwrite: on<Request<'overwrite'>>(({ table, fields }, request) =>
    table.overwrite(
      rowsOf(fields, request.rows),
      request.where === 'all'
        ? { all: true, ...branchOf(request) }
        : { where: predicate(fields, request.where) as never, ...branchOf(request) },
    ),
  ),
  replacePartitions: on<Request<'replacePartitions'>>(({ table, fields }, request) =>
    table.replacePartitions(rowsOf(fields, request.rows), branchOf(request)),
  ),
  delete: on<Request<'delete'>>(({ table, fields }, request) =>
    table.delete(predicate(fields, request.where) as never, branchOf(request)),
  ),
  update: on<Request<'update'>>(({ table, fields }, request) => {
    const set = Object.entries(request.set).map(([name, value]) => [
      name,
      inputValue(typeAt(fields, [name]), value),
    ])
    const where = predicate(fields, request.where)
    return table.update(where as never, Object.fromEntries(set) as never, branchOf(request))
  }),
  merge: on<Request<'merge'>>(({ table, fields }, request) => {
    const merge = table.merge(rowsOf(fields, request.rows)).on(...(request.on as never[]))
    if (request.matched === 'update') merge.whenMatched({ update: 'all' })
    if (request.matched === 'delete') merge.whenMatched({ delete: true })
    if (request.notMatched === 'insert') merge.whenNotMatched({ insert: 'all' })
    return merge.run(branchOf(request))
  }),
  equalityDelete: on<Request<'equalityDelete'>>(async ({ table, fields }, request) => {
    const { columns, upserts = [] } = request
    const keysOf = (rows: readonly Row[]) =>
      JSON.stringify(rows.map((row) => columns.map((name) => row[name])).sort())
    if (upserts.length > 0 && keysOf(upserts) === keysOf(request.rows)) {
      const options = { on: columns as never[], mode: 'equality-deletes' } as const
      return table.upsert(rowsOf(fields, upserts), options)
    }
    await table.deleteKeys(rowsOf(fields, request.rows), { on: columns as never[] })
    if (upserts.length > 0) await table.append(rowsOf(fields, upserts))
    return undefined
  }),
  compact: on<Request<'compact'>>(({ table }, { sort }) =>
    table.compact({
      rewriteAll: true,
      ...(sort !== undefined && { strategy: 'sort', sort: sortTerms(sort) }),
    }),
  ),
  rewritePositionDeletes: on<{ readonly table: string }>(({ table }) =>
    table.rewriteDeletes({ rewriteAll: true }),
  ),
  evolve: on<Request<'evolve'>>(({ table, fields }, request) =>
    table.updateSchema((editor) => {
      for (const one of request.changes) change(editor as Editor, fields, one)
      return editor
    }),
  ),
  spec: on<Request<'spec'>>(({ table }, request) =>
    table.updateSpec((editor) => {
      for (const name of request.remove ?? []) editor.removeField(name)
      for (const field of request.add ?? []) editor.addField(partitionTerm(field), field.name)
      for (const [name, to] of Object.entries(request.rename ?? {})) editor.renameField(name, to)
      return editor
    }),
  ),
  order: on<Request<'order'>>(({ table }, request) =>
    table.updateSortOrder(request.order.map(sortTerm)),
  ),
  properties: on<Request<'properties'>>(({ table }, request) =>
    table.updateProperties({ set: request.set ?? {}, remove: request.remove ?? [] }),
  ),
  upgrade: on<Request<'upgrade'>>(({ table }, request) => table.upgradeFormat(request.version)),
  branch: on<RefRequest>(({ table }, request) =>
    table.createBranch(request.name, snapshotOf(request)),
  ),
  tag: on<RefRequest>(({ table }, request) => table.createTag(request.name, snapshotOf(request))),
  dropBranch: on<RefRequest>(({ table }, request) => table.removeRef(request.name)),
  dropTag: on<RefRequest>(({ table }, request) => table.removeRef(request.name)),
  fastForward: on<Request<'fastForward'>>(({ table }, request) =>
    table.fastForward(request.branch, request.to),
  ),
  rollback: on<SnapshotRequest>(({ table }, request) =>
    table.rollback({ snapshot: BigInt(request.snapshot) }),
  ),
}

function snapshotOf(request: { readonly snapshot?: string }): { readonly snapshot?: bigint } {
  return request.snapshot === undefined ? {} : { snapshot: BigInt(request.snapshot) }
}
