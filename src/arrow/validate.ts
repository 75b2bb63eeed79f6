/**
 * Whether a caller's Arrow data hangs together: offsets in order and inside their buffers, buffers
 * long enough, dictionary keys in range. Everything else in this folder takes that for granted.
 */
import { type Data, Type } from 'apache-arrow'
import { InvalidArgument } from '../errors.js'
import { layoutOf, offsets32, validAt, validityOf, valueBytes } from './layout.js'

/**
 * Checks one column of outside data, members included.
 *
 * @throws InvalidArgument naming the column and what is wrong
 * @throws Unsupported for unions, views and run-end encoding
 */
export function checkArrowData(data: Data, path: string): void {
  const layout = layoutOf(data.type)
  const { length } = data
  const bits = validityOf(data)
  if (bits !== undefined && bits.length * 8 < data.offset + length) broken(path, 'validity bitmap')
  switch (layout.kind) {
    case 'null':
      return
    case 'bool':
      if (valueBytes(data).length * 8 < data.offset + length) broken(path, 'values')
      return
    case 'fixed':
      if (valueBytes(data).length < length * layout.width) broken(path, 'values')
      if (data.typeId === Type.Dictionary) checkDictionary(data, path)
      return
    case 'bytes':
      checkOffsets(data, valueBytes(data).length, path)
      return
    case 'list': {
      const child = data.children[0]
      if (child === undefined) broken(path, 'members')
      checkOffsets(data, child.length, path)
      checkArrowData(child, path)
      return
    }
    case 'fixed-list': {
      const child = data.children[0]
      if (child === undefined || child.length < length * layout.size) broken(path, 'members')
      checkArrowData(child, path)
      return
    }
    case 'struct':
      for (const [index, child] of data.children.entries()) {
        const name = data.type.children?.[index]?.name ?? String(index)
        if (child.length < length) broken(`${path}.${name}`, 'values')
        checkArrowData(child, `${path}.${name}`)
      }
  }
}

function checkOffsets(data: Data, end: number, path: string): void {
  const own = data.valueOffsets as Int32Array | BigInt64Array | undefined
  if (own === undefined || own.length < data.length + 1) {
    if (data.length === 0) return
    broken(path, 'offsets')
  }
  const offsets = offsets32(data)
  let before = offsets[0]!
  if (before < 0) broken(path, 'offsets')
  for (let i = 1; i <= data.length; i++) {
    const offset = offsets[i]!
    if (offset < before) broken(path, 'offsets')
    before = offset
  }
  if (before > end) broken(path, 'values')
}

function checkDictionary(data: Data, path: string): void {
  const { dictionary } = data
  if (dictionary === undefined) {
    if (data.length > 0) broken(path, 'dictionary')
    return
  }
  const keys = data.values as ArrayLike<number | bigint>
  const valid = validAt(data)
  for (let i = 0; i < data.length; i++) {
    const key = Number(keys[i])
    if (valid(i) && !(key >= 0 && key < dictionary.length)) broken(path, 'dictionary keys')
  }
  for (const chunk of dictionary.data) checkArrowData(chunk, path)
}

function broken(path: string, what: string): never {
  throw new InvalidArgument(`Arrow column '${path}': its ${what} are damaged or too short`, {
    details: { column: path },
  })
}
