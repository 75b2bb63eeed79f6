/** Lists in any Arrow form as plain lists with 32-bit offsets. */
import { type Data, List, Type } from 'apache-arrow'
import { compactData, copyValidity } from '../compact.js'
import { layoutOf, makeColumn, offsets32, validityOf } from '../layout.js'
import { takeData } from '../take.js'

/** The list or map with 32-bit offsets, or undefined for what is none. The members stay. */
export function toList(data: Data): Data | undefined {
  const layout = layoutOf(data.type)
  if (layout.kind === 'list') {
    if (!layout.large) return data
    return makeColumn(listTypeOf(data), data.length, data.nullCount, {
      validity: copyValidity(data),
      offsets: offsets32(data),
      children: data.children,
    })
  }
  if (layout.kind !== 'fixed-list') return undefined
  const offsets = Int32Array.from({ length: data.length + 1 }, (_, index) => index * layout.size)
  const list = makeColumn(listTypeOf(data), data.length, data.nullCount, {
    validity: copyValidity(data),
    offsets,
    children: data.children.map((child) => compactData(child)),
  })
  return withoutHiddenMembers(list)
}

function listTypeOf(data: Data): Data['type'] {
  const field = data.type.children?.[0]
  return data.typeId === Type.Map || field === undefined ? data.type : new List(field)
}

/** A null list must have no members: Arrow allows them, but nothing may see them. */
export function withoutHiddenMembers(data: Data): Data {
  if (validityOf(data) === undefined) return data
  const offsets = offsets32(data)
  const bits = data.nullBitmap as Uint8Array
  const rows = new Int32Array(data.length)
  let hidden = false
  for (let i = 0; i < data.length; i++) {
    const at = data.offset + i
    const valid = (bits[at >> 3]! & (1 << (at & 7))) !== 0
    rows[i] = valid ? i : -1
    if (!valid && offsets[i] !== offsets[i + 1]) hidden = true
  }
  return hidden ? takeData(data, rows) : data
}
