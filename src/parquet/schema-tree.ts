import type { Limits } from '../env/limits.js'
import { CorruptData, LimitExceeded } from '../errors.js'
import type { LogicalType, PhysicalType, Repetition, SchemaNode } from './model.js'

/** One SchemaElement as it stands in the footer. */
export interface SchemaElement {
  readonly name: string
  readonly physical: PhysicalType | undefined
  readonly typeLength: number | undefined
  readonly repetition: Repetition | undefined
  readonly childCount: number
  readonly fieldId: number | undefined
  readonly logical: LogicalType | undefined
}

export interface SchemaTree {
  readonly root: SchemaNode
  readonly leaves: readonly SchemaNode[]
}

interface Cursor {
  readonly elements: readonly SchemaElement[]
  readonly leaves: SchemaNode[]
  readonly maxDepth: number
  readonly path: string
  at: number
}

/** Longest value of a FIXED_LEN_BYTE_ARRAY that is believed, bytes. */
const maxTypeLength = 1 << 20

/**
 * Builds the tree from the footer's depth-first list and computes the levels: an optional node adds
 * one to the definition level, a repeated one adds one to both levels.
 */
export function buildSchemaTree(
  elements: readonly SchemaElement[],
  options: { readonly limits: Limits; readonly path: string },
): SchemaTree {
  const { limits, path } = options
  if (elements.length > limits.schemaFields) {
    throw new LimitExceeded(
      `schema of ${path} has ${elements.length} elements, more than schemaFields allows`,
      { details: { limit: 'schemaFields', max: limits.schemaFields, actual: elements.length } },
    )
  }
  const first = elements[0]
  if (first === undefined || first.physical !== undefined) {
    throw new CorruptData(`schema of ${path} does not begin with a group`, { details: { path } })
  }
  const cursor: Cursor = { elements, leaves: [], maxDepth: limits.schemaDepth, path, at: 1 }
  const children = readChildren(cursor, first, [], 0, 0)
  if (cursor.at !== elements.length) {
    throw new CorruptData(`schema of ${path} has ${elements.length - cursor.at} stray elements`, {
      details: { path },
    })
  }
  const root: SchemaNode = {
    name: first.name,
    path: [],
    repetition: 'required',
    fieldId: undefined,
    physical: undefined,
    typeLength: undefined,
    logical: undefined,
    children,
    leafIndex: 0,
    leafCount: cursor.leaves.length,
    maxDefinition: 0,
    maxRepetition: 0,
  }
  return { root, leaves: cursor.leaves }
}

function readChildren(
  cursor: Cursor,
  group: SchemaElement,
  path: readonly string[],
  definition: number,
  repetition: number,
): SchemaNode[] {
  const { limit, max } = { limit: 'schemaDepth', max: cursor.maxDepth }
  // Three levels of the file's schema make one list or map of the table's, hence the factor.
  if (path.length >= max * 3) {
    throw new LimitExceeded(`schema of ${cursor.path} is nested deeper than schemaDepth allows`, {
      details: { limit, max, actual: path.length },
    })
  }
  const children: SchemaNode[] = []
  for (let i = 0; i < group.childCount; i++) {
    children.push(readNode(cursor, path, definition, repetition))
  }
  return children
}

function readNode(
  cursor: Cursor,
  parentPath: readonly string[],
  parentDefinition: number,
  parentRepetition: number,
): SchemaNode {
  const element = cursor.elements[cursor.at++]
  if (element === undefined) {
    throw new CorruptData(`schema of ${cursor.path} ends inside \`${parentPath.join('.')}\``, {
      details: { path: cursor.path },
    })
  }
  const path = [...parentPath, element.name]
  if (element.repetition === undefined) {
    throw new CorruptData(`schema of ${cursor.path} has no repetition at \`${path.join('.')}\``, {
      details: { path: cursor.path, column: path.join('.') },
    })
  }
  checkElement(cursor, element, path)
  const maxDefinition = parentDefinition + (element.repetition === 'required' ? 0 : 1)
  const maxRepetition = parentRepetition + (element.repetition === 'repeated' ? 1 : 0)
  const leafIndex = cursor.leaves.length
  const children =
    element.physical === undefined
      ? readChildren(cursor, element, path, maxDefinition, maxRepetition)
      : []
  const node: SchemaNode = {
    name: element.name,
    path,
    repetition: element.repetition,
    fieldId: element.fieldId,
    physical: element.physical,
    typeLength: element.typeLength,
    logical: element.logical,
    children,
    leafIndex,
    leafCount: element.physical === undefined ? cursor.leaves.length - leafIndex : 1,
    maxDefinition,
    maxRepetition,
  }
  if (element.physical !== undefined) cursor.leaves.push(node)
  return node
}

function checkElement(cursor: Cursor, element: SchemaElement, path: readonly string[]): void {
  const { physical, typeLength, childCount } = element
  const details = { path: cursor.path, column: path.join('.') }
  if (physical !== undefined && childCount > 0) {
    throw new CorruptData(`\`${details.column}\` in ${cursor.path} is both a column and a group`, {
      details,
    })
  }
  if (physical !== 'FIXED_LEN_BYTE_ARRAY') return
  if (typeLength === undefined || typeLength <= 0 || typeLength > maxTypeLength) {
    throw new CorruptData(
      `\`${details.column}\` in ${cursor.path} has fixed length ${typeLength ?? 'missing'}`,
      { details },
    )
  }
}
