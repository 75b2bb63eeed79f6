/** Short spellings for thrift trees that are built or patched by hand. */
import { T } from '../codec/thrift/compact-reader.js'
import type { ThriftField, ThriftStruct } from '../codec/thrift/generic.js'
import { CorruptData } from '../errors.js'

export function struct(
  fields: readonly (readonly [number, ThriftField | undefined])[],
): ThriftStruct {
  const present = fields.filter(
    (entry): entry is readonly [number, ThriftField] => entry[1] !== undefined,
  )
  return new Map(present)
}

export function byteField(value: number): ThriftField {
  return { type: T.BYTE, value }
}

export function i16Field(value: number): ThriftField {
  return { type: T.I16, value }
}

export function i32Field(value: number): ThriftField {
  return { type: T.I32, value }
}

export function i64Field(value: bigint): ThriftField {
  return { type: T.I64, value }
}

export function boolField(value: boolean): ThriftField {
  return { type: value ? T.TRUE : T.FALSE, value }
}

export function binaryField(value: Uint8Array): ThriftField {
  return { type: T.BINARY, value }
}

export function structField(value: ThriftStruct): ThriftField {
  return { type: T.STRUCT, value }
}

export function structList(items: readonly ThriftStruct[]): ThriftField {
  return { type: T.LIST, value: { elementType: T.STRUCT, items } }
}

export function binaryList(items: readonly Uint8Array[]): ThriftField {
  return { type: T.LIST, value: { elementType: T.BINARY, items } }
}

function bad(id: number, wanted: string): CorruptData {
  return new CorruptData(`parquet metadata: field ${id} is not ${wanted}`)
}

export function optI64(from: ThriftStruct, id: number): bigint | undefined {
  const value = from.get(id)?.value
  if (value === undefined) return undefined
  if (typeof value !== 'bigint') throw bad(id, 'a 64-bit integer')
  return value
}

export function getI64(from: ThriftStruct, id: number): bigint {
  const value = optI64(from, id)
  if (value === undefined) throw bad(id, 'present')
  return value
}

export function optNumber(from: ThriftStruct, id: number): number | undefined {
  const value = from.get(id)?.value
  if (value === undefined) return undefined
  if (typeof value !== 'number') throw bad(id, 'a number')
  return value
}

export function optBinary(from: ThriftStruct, id: number): Uint8Array | undefined {
  const value = from.get(id)?.value
  if (value === undefined) return undefined
  if (!(value instanceof Uint8Array)) throw bad(id, 'bytes')
  return value
}

export function optStruct(from: ThriftStruct, id: number): ThriftStruct | undefined {
  const value = from.get(id)?.value
  if (value === undefined) return undefined
  if (!(value instanceof Map)) throw bad(id, 'a struct')
  return value as ThriftStruct
}

export function getStruct(from: ThriftStruct, id: number): ThriftStruct {
  const value = optStruct(from, id)
  if (value === undefined) throw bad(id, 'present')
  return value
}

export function getStructs(from: ThriftStruct, id: number): readonly ThriftStruct[] {
  const value = from.get(id)?.value
  if (typeof value !== 'object' || !('items' in value)) throw bad(id, 'a list')
  return value.items as readonly ThriftStruct[]
}
