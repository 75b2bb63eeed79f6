/**
 * Shreds variants as a writer would (VariantShredding.md): rows of plain columns, which the library's
 * own writer then puts into a file whose groups are read as variants.
 */
import { foldVariant, type VariantDatum } from '../../src/codec/variant/fold.js'
import type { VariantScalarKind } from '../../src/codec/variant/layout.js'
import { VariantMetadata } from '../../src/codec/variant/metadata.js'
import { VariantWriter, writeScalar } from '../../src/codec/variant/writer.js'
import { defaultLimits } from '../../src/env/limits.js'
import { formatDate } from '../../src/types/time-text.js'
import type { Field, PrimitiveType, Type } from '../../src/types/type.js'
import type { Variant } from '../../src/types/variant.js'

/** What `typed_value` holds; undefined: there is none. */
export type Shred =
  | { readonly kind: 'scalar'; readonly type: PrimitiveType }
  | { readonly kind: 'array'; readonly element: Shred | undefined }
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, Shred | undefined> }

type Node =
  | { readonly kind: VariantScalarKind; readonly datum: VariantDatum; readonly scale: number }
  | { readonly kind: 'array'; readonly items: readonly Node[] }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, Node> }

function nodeOf(metadata: VariantMetadata, value: Uint8Array): Node {
  return foldVariant<Node>(
    metadata,
    value,
    {
      scalar: (kind, datum, scale) => ({ kind, datum, scale }),
      array: (items) => ({ kind: 'array', items }),
      object: (names, values) => ({
        kind: 'object',
        members: new Map(names.map((name, at) => [name, values[at] as Node])),
      }),
    },
    defaultLimits,
  )
}

/** The column type of a variant group, for the writer of the file. Ids only have to differ. */
export function groupType(shred: Shred | undefined, nextId: () => number): Type {
  const metadata = field(nextId, 'metadata', { kind: 'binary' }, true)
  return { kind: 'struct', fields: [metadata, ...partFields(shred, nextId)] }
}

function field(nextId: () => number, name: string, type: Type, required = false): Field {
  return { id: nextId(), name, required, type }
}

function partFields(shred: Shred | undefined, nextId: () => number): Field[] {
  const value = field(nextId, 'value', { kind: 'binary' })
  if (shred === undefined) return [value]
  return [value, field(nextId, 'typed_value', typedType(shred, nextId))]
}

function typedType(shred: Shred, nextId: () => number): Type {
  if (shred.kind === 'scalar') return shred.type
  if (shred.kind === 'array') {
    const elementId = nextId()
    const element: Type = { kind: 'struct', fields: partFields(shred.element, nextId) }
    return { kind: 'list', elementId, elementRequired: true, element }
  }
  const fields = [...shred.fields].map(([name, inner]) =>
    field(nextId, name, { kind: 'struct', fields: partFields(inner, nextId) }, true),
  )
  return { kind: 'struct', fields }
}

/** The row of the group for a variant. */
export function shredded(variant: Variant, shred: Shred | undefined): object {
  const metadata = new VariantMetadata(variant.metadata, defaultLimits)
  const node = nodeOf(metadata, variant.value)
  return { metadata: variant.metadata, ...parts(metadata, node, shred) }
}

function parts(metadata: VariantMetadata, node: Node, shred: Shred | undefined): object {
  if (shred?.kind === 'scalar' && holds(shred.type, node)) {
    return { value: null, typed_value: publicValue(node as Scalar) }
  }
  if (shred?.kind === 'array' && node.kind === 'array') {
    const items = (node as Node & { kind: 'array'; items: readonly Node[] }).items
    return {
      value: null,
      typed_value: items.map((item) => parts(metadata, item, shred.element)),
    }
  }
  if (shred?.kind === 'object' && node.kind === 'object') {
    const { members } = node as { readonly members: ReadonlyMap<string, Node> }
    const rest = new Map([...members].filter(([name]) => !shred.fields.has(name)))
    const typed = [...shred.fields].map(([name, inner]) => {
      const member = members.get(name)
      return [name, member === undefined ? {} : parts(metadata, member, inner)] as const
    })
    const value = rest.size === 0 ? null : encoded(metadata, { kind: 'object', members: rest })
    return { value, typed_value: Object.fromEntries(typed) }
  }
  return { value: encoded(metadata, node), ...(shred !== undefined && { typed_value: null }) }
}

type Scalar = Node & { readonly datum: VariantDatum; readonly scale: number }

/** Whether a typed column holds a value without changing what it is. */
function holds(type: PrimitiveType, node: Node): boolean {
  const { kind, datum, scale } = node as Scalar
  if (type.kind === 'decimal') return kind === 'decimal' && scale === type.scale
  if (type.kind === 'long') return ['int8', 'int16', 'int32', 'int64'].includes(kind)
  if (type.kind === 'int') return ['int8', 'int16', 'int32'].includes(kind)
  return datum !== null && kind === type.kind
}

function publicValue({ kind, datum, scale }: Scalar): unknown {
  if (kind === 'date') return formatDate(datum as number)
  if (kind !== 'decimal') return datum
  const digits = String(datum)
    .replace('-', '')
    .padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${(datum as bigint) < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}

function encoded(metadata: VariantMetadata, node: Node): Uint8Array {
  const out = new VariantWriter()
  put(out, metadata, node)
  return out.take()
}

function put(out: VariantWriter, metadata: VariantMetadata, node: Node): void {
  const start = out.length
  if (node.kind === 'array') {
    const offsets = (node as { items: readonly Node[] }).items.map((item) => {
      const offset = out.length - start
      put(out, metadata, item)
      return offset
    })
    out.array(start, offsets)
  } else if (node.kind === 'object') {
    const members = [...(node as { members: ReadonlyMap<string, Node> }).members]
    out.object(
      start,
      members.map(([name, member]) => {
        const offset = out.length - start
        put(out, metadata, member)
        return { name, id: metadata.find(name) as number, offset }
      }),
    )
  } else writeScalar(out, node.kind, (node as Scalar).datum, (node as Scalar).scale)
}
