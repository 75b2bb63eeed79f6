import { countBits } from './bitmap.js'
import type { DecodedLeaf } from './leaf-decoder.js'
import type { Levels } from './levels.js'
import { badPage } from './page-errors.js'
import type { RawColumn } from './raw-column.js'
import type { ReadNode } from './read-node.js'

/**
 * Puts decoded leaves together to columns (Dremel's record assembly, column-wise). A "slot" is a
 * place for a value at some node: one for each row at the top, one for each element inside a list.
 * An entry of a leaf begins a slot below a list if it repeats at or above that list and defines at
 * least the list's element.
 */
export function assemble(node: ReadNode, leaves: readonly DecodedLeaf[], rows: number): RawColumn {
  if (node.kind === 'leaf') {
    const leaf = leaves[node.chunk] as DecodedLeaf
    if (leaf.levels === undefined) return finishFlat(leaf, rows)
  }
  return build(node, leaves, { repetition: 0, definition: 0, slots: rows })
}

/** The slots of the nearest list above, or of the rows. */
interface Enclosing {
  readonly repetition: number
  readonly definition: number
  readonly slots: number
}

function finishFlat(leaf: DecodedLeaf, rows: number): RawColumn {
  const { sink, validity } = leaf
  if (sink.length !== rows) badPage(`it has ${sink.length} values for ${rows} rows`)
  const nullCount = validity === undefined ? 0 : rows - countBits(validity, 0, rows)
  return {
    ...sink.finish(),
    length: rows,
    nullCount,
    validity: nullCount === 0 ? undefined : validity?.subarray(0, (rows + 7) >> 3),
    children: [],
  }
}

function build(node: ReadNode, leaves: readonly DecodedLeaf[], enclosing: Enclosing): RawColumn {
  if (node.kind === 'leaf') return buildLeaf(leaves[node.chunk] as DecodedLeaf, node, enclosing)
  if (node.kind === 'struct') return buildStruct(node, leaves, enclosing)
  return buildList(node, leaves, enclosing)
}

/** Any leaf below a node tells where the node's slots are. */
function anyLeaf(node: ReadNode, leaves: readonly DecodedLeaf[]): DecodedLeaf {
  let at = node
  while (at.kind !== 'leaf') at = at.kind === 'list' ? at.element : (at.children[0] as ReadNode)
  return leaves[at.chunk] as DecodedLeaf
}

/** A flat leaf has no levels kept: its validity says the same. */
function levelsOf(leaf: DecodedLeaf): Levels {
  return leaf.levels ?? badPage('it has no levels')
}

interface Slots {
  /** One bit for each slot: whether its value is there. Undefined when all are. */
  readonly bits: Uint8Array | undefined
  readonly nullCount: number
}

/** Which slots have an entry that reaches `definition`. */
function slotsOf(levels: Levels, enclosing: Enclosing, definition: number): Slots {
  const { length } = levels
  // Without a null or an empty list anywhere, and with a slot for each entry, all is known.
  if (levels.present === length && enclosing.slots === length) return noNulls
  const { bits, slots, set } = slotBits(levels, enclosing, definition)
  if (slots !== enclosing.slots) badPage(`it has ${slots} values where ${enclosing.slots} must be`)
  return { bits: set === slots ? undefined : bits, nullCount: slots - set }
}

const noNulls: Slots = { bits: undefined, nullCount: 0 }

function slotBits(
  levels: Levels,
  enclosing: Enclosing,
  definition: number,
): { readonly bits: Uint8Array; readonly slots: number; readonly set: number } {
  const { definitions, repetitions, length } = levels
  const flat = repetitions.length === 0
  const bits = new Uint8Array((enclosing.slots + 7) >> 3)
  let slots = 0
  let set = 0
  for (let i = 0; i < length; i++) {
    const level = definitions[i] as number
    if (level < enclosing.definition) continue
    if (!flat && (repetitions[i] as number) > enclosing.repetition) continue
    if (level >= definition) {
      const at = slots >> 3
      bits[at] = (bits[at] as number) | (1 << (slots & 7))
      set++
    }
    slots++
  }
  return { bits, slots, set }
}

function buildLeaf(
  leaf: DecodedLeaf,
  node: ReadNode & { readonly kind: 'leaf' },
  enclosing: Enclosing,
): RawColumn {
  const { sink } = leaf
  const { slots } = enclosing
  const { bits, nullCount } = slotsOf(levelsOf(leaf), enclosing, node.maxDefinition)
  const present = slots - nullCount
  if (present !== sink.length) badPage(`it has ${sink.length} values where ${present} must be`)
  if (bits !== undefined) sink.spread(present, slots, bits, 0)
  return { ...sink.finish(), length: slots, nullCount, validity: bits, children: [] }
}

function buildStruct(
  node: ReadNode & { readonly kind: 'struct' },
  leaves: readonly DecodedLeaf[],
  enclosing: Enclosing,
): RawColumn {
  const children = node.children.map((child) => build(child, leaves, enclosing))
  const { slots } = enclosing
  const { bits, nullCount } = node.optional
    ? slotsOf(levelsOf(anyLeaf(node, leaves)), enclosing, node.definition)
    : noNulls
  return {
    length: slots,
    nullCount,
    validity: bits,
    values: undefined,
    offsets: undefined,
    children,
    dictionary: undefined,
  }
}

function buildList(
  node: ReadNode & { readonly kind: 'list' },
  leaves: readonly DecodedLeaf[],
  enclosing: Enclosing,
): RawColumn {
  const levels = levelsOf(anyLeaf(node, leaves))
  const { slots } = enclosing
  const { bits, nullCount } = node.optional ? slotsOf(levels, enclosing, node.definition) : noNulls
  const offsets = new Int32Array(slots + 1)
  const elements = countElements(levels, enclosing, node, offsets)
  const element = build(node.element, leaves, {
    repetition: node.repetition,
    definition: node.elementDefinition,
    slots: elements,
  })
  return {
    length: slots,
    nullCount,
    validity: bits,
    values: undefined,
    offsets,
    children: [element],
    dictionary: undefined,
  }
}

/** Fills the offsets of a list; returns how many elements there are in all. */
function countElements(
  levels: Levels,
  enclosing: Enclosing,
  node: ReadNode & { readonly kind: 'list' },
  offsets: Int32Array,
): number {
  const { definitions, repetitions, length } = levels
  let slots = 0
  let elements = 0
  for (let i = 0; i < length; i++) {
    const definition = definitions[i] as number
    const repetition = repetitions[i] as number
    if (repetition <= enclosing.repetition && definition >= enclosing.definition) {
      offsets[slots++] = elements
    }
    if (repetition <= node.repetition && definition >= node.elementDefinition) elements++
  }
  if (slots !== enclosing.slots) badPage(`it has ${slots} lists where ${enclosing.slots} must be`)
  offsets[slots] = elements
  return elements
}
