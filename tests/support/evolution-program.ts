/** Random programs of schema and spec changes and appends, run on a table and on the model at once. */

import type { Transform } from '../../src/partition/model.js'
import type { SpecEditor } from '../../src/partition/spec-editor.js'
import type { PartitionTerm } from '../../src/partition/terms.js'
import type { Table } from '../../src/table/table.js'
import { t } from '../../src/types/builder.js'
import type { ColumnTag, UnknownSchema } from '../../src/types/infer.js'
import type { SchemaEditor } from '../../src/types/schema-editor.js'
import {
  type Column,
  copyColumns,
  type Leaf,
  type ModelType,
  type Part,
  type Place,
  places,
  promoted,
  type Scalar,
  type Stored,
  textOf,
} from './evolution-model.js'

/** Numbers that choose; the same ones choose the same. */
export class Chooser {
  #state: number
  constructor(seed: number) {
    this.#state = seed >>> 0
  }
  /** A whole number below `n` (mulberry32). */
  below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let z = this.#state
    z = Math.imul(z ^ (z >>> 15), z | 1)
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61)
    return ((z ^ (z >>> 14)) >>> 0) % n
  }
  of<T>(items: readonly T[]): T | undefined {
    return items.length === 0 ? undefined : items[this.below(items.length)]
  }
  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0
  }
}

interface SpecField {
  readonly uid: number
  readonly transform: Transform
  name: string
}

const VALUES: Readonly<Record<Leaf, readonly Scalar[]>> = {
  int: [-7, 0, 1, 2147483647],
  long: [-1n, 0n, 2n ** 53n + 1n],
  float: [1.5, -0.25, 3],
  double: [0.1, -2.5],
  dec9: ['1.50', '-12.25'],
  dec12: ['1.50', '1234567890.12'],
  date: ['1969-12-31', '2024-02-29', '2024-03-01'],
  timestamp: ['1969-12-31T23:59:59.999999', '2024-02-29T12:00:00.000000'],
  string: ['', 'a', 'é😀'],
  boolean: [true, false],
  unknown: [],
}
const LEAVES: readonly Leaf[] = Object.keys(VALUES) as Leaf[]
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f.g'] as const

export interface AppendedState {
  readonly snapshotId: bigint
  readonly columns: readonly Column[]
  readonly rows: readonly ReadonlyMap<number, Stored>[]
}

/** The model beside the table, and the changes that keep them in step. */
export class EvolutionProgram {
  readonly columns: Column[] = []
  readonly states: AppendedState[] = []
  formatVersion: 1 | 2 | 3
  readonly done: string[] = []
  readonly #choose: Chooser
  readonly #table: Table<UnknownSchema>
  #rows: readonly ReadonlyMap<number, Stored>[] = []
  #spec: SpecField[] = []
  #past: SpecField[] = []
  #sorted: readonly number[] = []
  #uids = 0

  private constructor(table: Table<UnknownSchema>, choose: Chooser, formatVersion: 1 | 2 | 3) {
    this.#table = table
    this.#choose = choose
    this.formatVersion = formatVersion
  }

  /** Makes the first columns of a table, and the table with them. */
  static async start(
    seed: number,
    formatVersion: 1 | 2 | 3,
    create: (shape: readonly (readonly [string, ColumnTag])[]) => Promise<Table<UnknownSchema>>,
  ): Promise<EvolutionProgram> {
    const choose = new Chooser(seed)
    const draft = new EvolutionProgram(undefined as never, choose, formatVersion)
    const count = 1 + choose.below(4)
    for (let i = 0; i < count; i++) {
      const type: ModelType = i === 0 ? { kind: 'leaf', leaf: 'int' } : draft.#newType(2)
      draft.columns.push({ uid: draft.#uids++, name: NAMES[i] as string, required: false, type })
    }
    const table = await create(draft.columns.map((column) => [column.name, tagOf(column)] as const))
    const program = new EvolutionProgram(table, choose, formatVersion)
    program.columns.push(...draft.columns)
    program.#uids = draft.#uids
    return program
  }

  get table(): Table<UnknownSchema> {
    return this.#table
  }

  /** One change or append; true when it was an append. */
  async step(): Promise<boolean> {
    const choice = this.#choose.below(12)
    if (choice < 4) return this.#append()
    if (choice < 9) await this.#evolveSchema()
    else if (choice === 9 || choice === 10) await this.#evolveSpec()
    else await this.#others()
    return false
  }

  // Rows

  async #append(): Promise<boolean> {
    const fresh = Array.from({ length: 1 + this.#choose.below(3) }, () =>
      this.#newRow(this.columns),
    )
    const { snapshotId } = await this.#table.append(fresh.map(({ input }) => input))
    this.#rows = [...this.#rows, ...fresh.map(({ stored }) => stored)]
    const columns = copyColumns(this.columns)
    this.states.push({ snapshotId: snapshotId as bigint, columns, rows: this.#rows })
    this.done.push(`append ${fresh.length}`)
    return true
  }

  #newRow(columns: readonly Column[]): {
    readonly input: Record<string, unknown>
    readonly stored: ReadonlyMap<number, Stored>
  } {
    const input: Record<string, unknown> = {}
    const stored = new Map<number, Stored>()
    for (const column of columns) {
      if (column.write !== undefined && this.#choose.chance(2)) {
        const { leaf } = column.type as { leaf: Leaf }
        stored.set(column.uid, { leaf, value: column.write })
        continue
      }
      const value = this.#newValue(column)
      input[column.name] = value.input
      stored.set(column.uid, value.stored)
    }
    return { input, stored }
  }

  #newValue({ type, required }: Part): { readonly input: unknown; readonly stored: Stored } {
    if (!required && this.#choose.chance(4)) return { input: null, stored: null }
    switch (type.kind) {
      case 'leaf': {
        const value = this.#choose.of(VALUES[type.leaf])
        if (value === undefined) return { input: null, stored: null }
        return { input: value, stored: { leaf: type.leaf, value } }
      }
      case 'struct': {
        const { input, stored } = this.#newRow(type.members)
        return { input, stored: { members: stored } }
      }
      case 'list': {
        const items = Array.from({ length: this.#choose.below(3) }, () =>
          this.#newValue(type.element),
        )
        return {
          input: items.map((item) => item.input),
          stored: { items: items.map((item) => item.stored) },
        }
      }
      case 'map': {
        const entries = ['k', 'l']
          .slice(0, this.#choose.below(3))
          .map((key) => [key, this.#newValue(type.value)] as const)
        return {
          input: new Map(entries.map(([key, value]) => [key, value.input])),
          stored: { entries: entries.map(([key, value]) => [key, value.stored] as const) },
        }
      }
    }
  }

  #newType(depth: number, isTop = true): ModelType {
    const kind = depth === 0 ? 0 : this.#choose.below(8)
    if (kind === 5) return { kind: 'list', element: this.#newPart(depth - 1) }
    if (kind === 6) return { kind: 'map', value: this.#newPart(depth - 1) }
    if (kind === 7) {
      const members = NAMES.slice(0, 1 + this.#choose.below(3)).map((name): Column => {
        return { uid: this.#uids++, name, ...this.#newPart(depth - 1) }
      })
      return { kind: 'struct', members }
    }
    // Parquet has no place for groups of nothing but unknown columns.
    const isOpen = this.formatVersion === 3 && isTop
    const leaves = isOpen ? LEAVES : LEAVES.filter((leaf) => leaf !== 'unknown')
    return { kind: 'leaf', leaf: this.#choose.of(leaves) ?? 'int' }
  }

  #newPart(depth: number): Part {
    const type = this.#newType(depth, false)
    return { type, required: this.#choose.chance(4) }
  }

  // Schema

  /** Up to three changes in one commit. */
  async #evolveSchema(): Promise<void> {
    const steps: ((editor: SchemaEditor) => unknown)[] = []
    const count = 1 + this.#choose.below(3)
    for (let i = 0; i < count; i++) {
      const change = this.#schemaChange()
      if (change === undefined) continue
      this.done.push(change.what)
      steps.push(change.apply)
    }
    await this.#table.updateSchema((editor) => {
      for (const step of steps) step(editor)
      return editor
    })
  }

  #schemaChange(): { readonly what: string; apply(editor: SchemaEditor): unknown } | undefined {
    switch (this.#choose.below(8)) {
      case 0:
      case 1:
        return this.#add()
      case 2:
        return this.#drop()
      case 3:
        return this.#rename()
      case 4:
        return this.#widen()
      case 5:
        return this.#makeOptional()
      case 6:
        return this.#move()
      default:
        return this.#updateDefault()
    }
  }

  #add() {
    const parents = places(this.columns).filter((place) => place.part.type.kind === 'struct')
    const parent = this.#choose.chance(2) ? this.#choose.of(parents) : undefined
    const siblings =
      parent === undefined ? this.columns : (parent.part.type as { members: Column[] }).members
    const name = this.#freeName(siblings)
    if (name === undefined) return undefined
    const type = this.#newType(parent === undefined ? 2 : 1, parent === undefined)
    const column: Column = { uid: this.#uids++, name, required: false, type }
    let tag = tagOf(column)
    if (this.formatVersion === 3 && column.type.kind === 'leaf' && this.#choose.chance(2)) {
      const value = this.#choose.of(VALUES[column.type.leaf])
      if (value !== undefined) {
        column.initial = column.write = value
        column.required = this.#choose.chance(2)
        tag = tagOf(column)
      }
    }
    const at = this.#choose.below(siblings.length + 1)
    const before = siblings[at]?.name
    const path = [...(parent?.path ?? []), name]
    siblings.splice(at, 0, column)
    const position = before === undefined ? {} : at === 0 ? { first: true } : { before }
    return {
      what: `add ${path} ${textOf(column)} at ${at}`,
      apply: (editor: SchemaEditor) => editor.addColumn(path, tag, position),
    }
  }

  #freeName(siblings: readonly Column[]): string | undefined {
    const taken = new Set(siblings.map((column) => column.name))
    const reserved = new Set(this.#spec.map((field) => field.name))
    return this.#choose.of(NAMES.filter((name) => !taken.has(name) && !reserved.has(name)))
  }

  /** Whether a column or one inside it is needed: the first by files, which are never empty. */
  #isNeeded(column: Column): boolean {
    if (column.uid === 0) return true
    const needed = new Set([...this.#spec.map((field) => field.uid), ...this.#sorted])
    return [column, ...below(column)].some((each) => needed.has(each.uid))
  }

  #drop() {
    const place = this.#choose.of(
      places(this.columns).filter(
        ({ column, siblings }) =>
          column !== undefined &&
          siblings !== undefined &&
          siblings.length > 1 &&
          !this.#isNeeded(column),
      ),
    )
    if (place?.siblings === undefined || place.column === undefined) return undefined
    place.siblings.splice(place.siblings.indexOf(place.column), 1)
    return {
      what: `drop ${place.path}`,
      apply: (editor: SchemaEditor) => editor.dropColumn(place.path),
    }
  }

  #rename() {
    const place = this.#choose.of(places(this.columns).filter(({ column }) => column !== undefined))
    if (place?.column === undefined || place.siblings === undefined) return undefined
    const name = this.#freeName(place.siblings)
    if (name === undefined) return undefined
    place.column.name = name
    return {
      what: `rename ${place.path} to ${name}`,
      apply: (editor: SchemaEditor) => editor.renameColumn(place.path, name),
    }
  }

  #widen() {
    const candidates = places(this.columns).flatMap((place) => {
      const { type } = place.part
      const to = type.kind === 'leaf' ? this.#wider(type.leaf, place.column) : undefined
      return to === undefined ? [] : [{ place, to }]
    })
    const chosen = this.#choose.of(candidates)
    if (chosen === undefined) return undefined
    const { place, to } = chosen
    const type = place.part.type as { leaf: Leaf }
    const from = type.leaf
    type.leaf = to
    if (place.column !== undefined) {
      const { initial, write } = place.column
      if (initial !== undefined) place.column.initial = promoted(from, to, initial)
      if (write !== undefined) place.column.write = promoted(from, to, write)
    }
    return {
      what: `widen ${place.path} to ${to}`,
      apply: (editor: SchemaEditor) => editor.widenColumn(place.path, leafTag(to)),
    }
  }

  #wider(leaf: Leaf, column: Column | undefined): Leaf | undefined {
    switch (leaf) {
      case 'int':
        return 'long'
      case 'float':
        return 'double'
      case 'dec9':
        return 'dec12'
      case 'date': {
        const kinds = [...this.#spec, ...this.#past]
          .filter((field) => field.uid === column?.uid)
          .map((field) => field.transform.kind)
        const changes = kinds.some((kind) => kind === 'identity' || kind === 'bucket')
        return this.formatVersion === 3 && !changes ? 'timestamp' : undefined
      }
      case 'unknown':
        return this.#choose.of(['int', 'string', 'timestamp'])
      default:
        return undefined
    }
  }

  #makeOptional() {
    const place = this.#choose.of(places(this.columns).filter(({ part }) => part.required))
    if (place === undefined) return undefined
    place.part.required = false
    return {
      what: `make ${place.path} optional`,
      apply: (editor: SchemaEditor) => editor.makeOptional(place.path),
    }
  }

  #move() {
    const place = this.#choose.of(
      places(this.columns).filter(({ siblings }) => (siblings?.length ?? 0) > 1),
    )
    if (place?.column === undefined || place.siblings === undefined) return undefined
    const { column, siblings, path } = place
    siblings.splice(siblings.indexOf(column), 1)
    const at = this.#choose.below(siblings.length + 1)
    const [before, after] = [siblings[at], siblings[at - 1]]
    siblings.splice(at, 0, column)
    const beside = (other: Column): readonly string[] => [...path.slice(0, -1), other.name]
    const what = `move ${path} to ${at}`
    if (after === undefined) return { what, apply: (e: SchemaEditor) => e.moveFirst(path) }
    if (before === undefined || this.#choose.chance(2)) {
      const other = beside(after)
      return { what, apply: (e: SchemaEditor) => e.moveAfter(path, other) }
    }
    const other = beside(before)
    return { what, apply: (e: SchemaEditor) => e.moveBefore(path, other) }
  }

  #updateDefault() {
    if (this.formatVersion < 3) return undefined
    const place = this.#choose.of(
      places(this.columns).filter(
        ({ column }) => column?.type.kind === 'leaf' && VALUES[column.type.leaf].length > 0,
      ),
    )
    if (place?.column === undefined || place.column.type.kind !== 'leaf') return undefined
    const { column, path } = place
    const value = this.#choose.of(VALUES[place.column.type.leaf]) as Scalar
    column.write = value
    return {
      what: `default of ${path} ${String(value)}`,
      apply: (editor: SchemaEditor) => editor.updateDefault(path, value),
    }
  }

  // Partitioning, sorting, format

  async #evolveSpec(): Promise<void> {
    const old = this.#choose.of(this.#spec)
    const isAdded = old === undefined || this.#choose.chance(2)
    const added = isAdded || this.#choose.chance(2) ? this.#newSpecField() : undefined
    const removed = isAdded ? undefined : old
    if (added === undefined && removed === undefined) return
    if (removed !== undefined) this.#spec = this.#spec.filter((field) => field !== removed)
    if (added !== undefined) this.#spec.push(added.field)
    this.#past.push(...this.#spec)
    this.done.push(`spec -${removed?.name} +${added?.field.name} ${added?.field.transform.kind}`)
    await this.#table.updateSpec((editor: SpecEditor) => {
      if (removed !== undefined) editor.removeField(removed.name)
      if (added !== undefined) editor.addField(added.term, added.field.name)
      return editor
    })
  }

  #newSpecField(): { readonly field: SpecField; readonly term: PartitionTerm } | undefined {
    const sources = places(this.columns).filter(
      ({ part, inRepeated }) => part.type.kind === 'leaf' && !inRepeated,
    )
    const place = this.#choose.of(sources)
    if (place?.column === undefined || place.part.type.kind !== 'leaf') return undefined
    const { uid } = place.column
    const transform = this.#choose.of(transformsOf(place.part.type.leaf))
    if (transform === undefined) return undefined
    const isThere = [...this.#spec, ...this.#past].some((field) => field.uid === uid)
    if (isThere && this.#spec.some((field) => field.uid === uid)) return undefined
    const field: SpecField = { uid, transform, name: `p${this.#past.length}_${this.done.length}` }
    return { field, term: { path: place.path, transform } }
  }

  async #others(): Promise<void> {
    if (this.formatVersion < 3 && this.#choose.chance(3)) {
      this.formatVersion = (this.formatVersion + 1) as 2 | 3
      this.done.push(`upgrade to ${this.formatVersion}`)
      await this.#table.upgradeFormat(this.formatVersion)
      return
    }
    const place = this.#choose.of(
      places(this.columns).filter(
        ({ part, inRepeated }) => part.type.kind === 'leaf' && !inRepeated && !isUnknown(part.type),
      ),
    ) as Place | undefined
    const isSorted = place?.column !== undefined && this.#choose.chance(2)
    this.#sorted = isSorted ? [place.column.uid] : []
    this.done.push(`sort by ${isSorted ? place.path : 'nothing'}`)
    await this.#table.updateSortOrder(isSorted ? [{ path: place.path }] : [])
  }
}

function below(column: Column): readonly Column[] {
  return places([column]).flatMap((place) => place.column ?? [])
}

function isUnknown(type: ModelType): boolean {
  return type.kind === 'leaf' && type.leaf === 'unknown'
}

function transformsOf(leaf: Leaf): readonly Transform[] {
  const bucket: Transform = { kind: 'bucket', buckets: 3 }
  const identity: Transform = { kind: 'identity' }
  switch (leaf) {
    case 'int':
    case 'long':
    case 'dec9':
    case 'string':
      return [identity, bucket, { kind: 'truncate', width: 2 }]
    case 'date':
      return [identity, bucket, { kind: 'year' }, { kind: 'month' }, { kind: 'day' }]
    case 'timestamp':
      return [bucket, { kind: 'month' }, { kind: 'day' }, { kind: 'hour' }]
    case 'boolean':
    case 'double':
      return [identity]
    default:
      return []
  }
}

function tagOf(column: Part & { readonly initial?: Scalar }): ColumnTag {
  const plain = typeTag(column.type)
  const tag = column.required ? plain.required() : plain
  return column.initial === undefined ? tag : tag.default(column.initial as never)
}

function typeTag(type: ModelType) {
  switch (type.kind) {
    case 'leaf':
      return leafTag(type.leaf)
    case 'struct':
      return t.struct(type.members.map((member) => [member.name, tagOf(member)] as const))
    case 'list':
      return t.list(tagOf(type.element))
    case 'map':
      return t.map(t.string(), tagOf(type.value))
  }
}

function leafTag(leaf: Leaf) {
  if (leaf === 'dec9') return t.decimal(9, 2)
  return leaf === 'dec12' ? t.decimal(12, 2) : t[leaf]()
}
