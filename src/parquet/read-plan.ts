import { Field, List, Map_, Schema, Struct } from 'apache-arrow'
import { EXTENSION_KEY, FIELD_ID_KEY, VARIANT_EXTENSION } from '../arrow/schema.js'
import { InvalidArgument, Unsupported } from '../errors.js'
import { type ArrowChoice, leafTypeOf } from './leaf-type.js'
import type { ParquetFooter, SchemaNode } from './model.js'
import type { LeafOutput, ReadNode } from './read-node.js'

/** Column paths in the file's schema: a path stands for everything at and below it. */
export type ColumnPaths = readonly (readonly string[])[]

export interface PlanOptions extends ArrowChoice {
  /** Left out: every column. */
  readonly columns?: ColumnPaths | undefined
}

/** A leaf that will be read. */
export interface PlannedLeaf {
  readonly leaf: SchemaNode
  readonly output: LeafOutput
  readonly nested: boolean
}

/** What to read, and what it will be in Arrow. Shared by all row groups of a file. */
export interface ReadPlan {
  readonly schema: Schema
  /** One for each field of the schema. */
  readonly nodes: readonly ReadNode[]
  readonly leaves: readonly PlannedLeaf[]
}

interface Planner {
  readonly wanted: ReadonlySet<number>
  readonly choice: ArrowChoice
  readonly leaves: PlannedLeaf[]
}

interface Built {
  readonly field: Field
  readonly node: ReadNode
}

/**
 * Plans the read of some columns of a file.
 *
 * @throws InvalidArgument for a path that the file does not have, Unsupported or CorruptData for a
 *   type that cannot be read
 */
export function planRead(footer: ParquetFooter, options: PlanOptions = {}): ReadPlan {
  const wanted = wantedLeaves(footer, options.columns)
  const planner: Planner = { wanted, choice: options, leaves: [] }
  const built = footer.root.children
    .map((child) => build(planner, child))
    .filter((item) => item !== undefined)
  return {
    schema: new Schema(built.map((item) => item.field)),
    nodes: built.map((item) => item.node),
    leaves: planner.leaves,
  }
}

function wantedLeaves(footer: ParquetFooter, columns: ColumnPaths | undefined): Set<number> {
  const wanted = new Set<number>()
  if (columns === undefined) {
    for (const leaf of footer.leaves) wanted.add(leaf.leafIndex)
    return wanted
  }
  for (const path of columns) {
    const node = nodeAt(footer, path)
    for (let i = 0; i < node.leafCount; i++) wanted.add(node.leafIndex + i)
  }
  return wanted
}

/** The schema node at a path. Throws InvalidArgument when the file has none. */
export function nodeAt(footer: ParquetFooter, path: readonly string[]): SchemaNode {
  let node = footer.root
  for (const name of path) {
    const child = node.children.find((candidate) => candidate.name === name)
    if (child === undefined) {
      throw new InvalidArgument(`${footer.path} has no column \`${path.join('.')}\``, {
        details: { path: footer.path, column: path.join('.') },
      })
    }
    node = child
  }
  return node
}

function hasWanted(planner: Planner, node: SchemaNode): boolean {
  for (let i = 0; i < node.leafCount; i++) if (planner.wanted.has(node.leafIndex + i)) return true
  return false
}

/** The field and node of a schema element, its repetition included; undefined when not wanted. */
function build(planner: Planner, node: SchemaNode): Built | undefined {
  if (!hasWanted(planner, node)) return undefined
  // A repeated field outside a LIST or MAP is a required list of required elements.
  if (node.repetition === 'repeated') return buildBareList(planner, node)
  return buildValue(planner, node)
}

function buildValue(planner: Planner, node: SchemaNode): Built {
  if (node.physical !== undefined) return buildLeaf(planner, node)
  const repeated = repeatedChild(node)
  if (repeated !== undefined && node.logical?.kind === 'list') {
    return buildList(planner, node, repeated)
  }
  if (repeated !== undefined && node.logical?.kind === 'map' && repeated.children.length === 2) {
    return buildMap(planner, node, repeated)
  }
  return buildStruct(planner, node)
}

function repeatedChild(node: SchemaNode): SchemaNode | undefined {
  const [child] = node.children
  return node.children.length === 1 && child?.repetition === 'repeated' ? child : undefined
}

function fieldOf(node: SchemaNode, type: Field['type'], nullable: boolean): Field {
  const metadata = new Map<string, string>()
  if (node.fieldId !== undefined) metadata.set(FIELD_ID_KEY, String(node.fieldId))
  return new Field(node.name, type, nullable, metadata)
}

function buildLeaf(planner: Planner, leaf: SchemaNode): Built {
  const { type, output, metadata } = leafTypeOf(leaf, planner.choice)
  const chunk = planner.leaves.length
  planner.leaves.push({ leaf, output, nested: leaf.path.length > 1 || leaf.maxRepetition > 0 })
  const field = fieldOf(leaf, type, leaf.repetition === 'optional')
  for (const [key, value] of metadata) field.metadata.set(key, value)
  return { field, node: { kind: 'leaf', chunk, maxDefinition: leaf.maxDefinition } }
}

function buildStruct(planner: Planner, group: SchemaNode): Built {
  if (group.leafCount === 0) {
    throw new Unsupported('parquet-empty-group', `group \`${group.path.join('.')}\` has no columns`)
  }
  const inner = isVariant(group) ? { ...planner, choice: {} } : planner
  const children = group.children
    .map((child) => build(inner, child))
    .filter((item) => item !== undefined)
  const optional = group.repetition === 'optional'
  const field = fieldOf(group, new Struct(children.map((child) => child.field)), optional)
  if (group.logical?.kind === 'variant') field.metadata.set(EXTENSION_KEY, VARIANT_EXTENSION)
  return {
    field,
    node: {
      kind: 'struct',
      optional,
      definition: group.maxDefinition,
      children: children.map((child) => child.node),
    },
  }
}

/**
 * Variants are put together from their parts, whose Arrow form is nobody's choice. Groups of older
 * writers are not annotated and are known by their members.
 */
function isVariant({ logical, children }: SchemaNode): boolean {
  if (logical?.kind === 'variant') return true
  const names = children.map((child) => child.name)
  return names.includes('metadata') && (names.includes('value') || names.includes('typed_value'))
}

/** A list whose element is `element`, which the repeated group or field `repeated` holds. */
function listNode(outer: SchemaNode, repeated: SchemaNode, element: ReadNode): ReadNode {
  return {
    kind: 'list',
    optional: outer.repetition === 'optional',
    definition: outer === repeated ? repeated.maxDefinition - 1 : outer.maxDefinition,
    elementDefinition: repeated.maxDefinition,
    repetition: repeated.maxRepetition,
    element,
  }
}

function buildBareList(planner: Planner, repeated: SchemaNode): Built {
  const element = buildValue(planner, repeated)
  return {
    field: new Field(repeated.name, new List(element.field), false),
    node: listNode(repeated, repeated, element.node),
  }
}

function buildList(planner: Planner, list: SchemaNode, repeated: SchemaNode): Built {
  const element = isElement(list, repeated)
    ? buildValue(planner, repeated)
    : (build(planner, repeated.children[0] as SchemaNode) as Built)
  return {
    field: fieldOf(list, new List(element.field), list.repetition === 'optional'),
    node: listNode(list, repeated, element.node),
  }
}

/**
 * Whether the repeated node is the element itself, as in lists of two levels, and not a group
 * around it (LogicalTypes.md, "Lists", backward-compatibility rules).
 */
function isElement(list: SchemaNode, repeated: SchemaNode): boolean {
  const [only] = repeated.children
  if (only === undefined || repeated.children.length > 1) return true
  if (repeated.name === 'array' || repeated.name === `${list.name}_tuple`) return true
  return only.repetition === 'repeated'
}

function buildMap(planner: Planner, map: SchemaNode, repeated: SchemaNode): Built {
  const [keyNode, valueNode] = repeated.children as [SchemaNode, SchemaNode]
  // Values without their keys are no map: the key comes along, whatever was asked for.
  const wanted = new Set(planner.wanted)
  for (let i = 0; i < keyNode.leafCount; i++) wanted.add(keyNode.leafIndex + i)
  const key = build({ ...planner, wanted }, keyNode) as Built
  const value = build(planner, valueNode)
  const children = value === undefined ? [key] : [key, value]
  const entries = fieldOf(repeated, new Struct(children.map((child) => child.field)), false)
  const type = value === undefined ? new List(entries) : new Map_(entries as Field<Struct>)
  return {
    field: fieldOf(map, type, map.repetition === 'optional'),
    node: listNode(map, repeated, {
      kind: 'struct',
      optional: false,
      definition: repeated.maxDefinition,
      children: children.map((child) => child.node),
    }),
  }
}
