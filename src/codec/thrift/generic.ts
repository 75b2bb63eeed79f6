/**
 * Thrift structs as trees that keep everything, so that a footer can be changed in one place and
 * written back without losing what this version does not know.
 */

import { ByteWriter } from '../../util/byte-writer.js'
import { type CompactReader, T } from './compact-reader.js'

/** A struct: fields by id. Mutable, as the trees are there to be patched. */
export type ThriftStruct = Map<number, ThriftField>

export interface ThriftField {
  /** Compact-protocol type of {@link T}. */
  readonly type: number
  readonly value: ThriftValue
}

export interface ThriftList {
  readonly elementType: number
  readonly items: readonly ThriftValue[]
}

/** byte, i16, i32 and double as number; i64 as bigint; maps as their raw bytes. */
export type ThriftValue = boolean | number | bigint | Uint8Array | ThriftList | ThriftStruct

/** Reads the struct at the reader's position. Binary values are views, not copies. */
export function readThrift(reader: CompactReader): ThriftStruct {
  const struct = new Map<number, ThriftField>()
  reader.structBegin()
  while (reader.nextField()) {
    const { fieldId, fieldType } = reader
    struct.set(fieldId, { type: fieldType, value: readValue(reader, fieldType) })
  }
  reader.structEnd()
  return struct
}

function readValue(reader: CompactReader, type: number): ThriftValue {
  switch (type) {
    case T.TRUE:
    case T.FALSE:
      return type === T.TRUE
    case T.BYTE:
      return reader.readByte()
    case T.I16:
      return reader.readI16()
    case T.I32:
      return reader.readI32()
    case T.I64:
      return reader.readI64()
    case T.DOUBLE:
      return reader.readDouble()
    case T.BINARY:
      return reader.readBinary()
    case T.LIST:
    case T.SET:
      return readList(reader)
    case T.STRUCT:
      return readThrift(reader)
    default: {
      const start = reader.pos
      reader.skip(type)
      return reader.since(start)
    }
  }
}

function readList(reader: CompactReader): ThriftList {
  // Counts as a level, so that lists of lists are bounded like structs.
  reader.structBegin()
  reader.listBegin()
  const { listType, listSize } = reader
  const isBool = listType === T.TRUE || listType === T.FALSE
  const items: ThriftValue[] = []
  for (let i = 0; i < listSize; i++) {
    items.push(isBool ? reader.readBoolElement() : readValue(reader, listType))
  }
  reader.structEnd()
  return { elementType: listType, items }
}

/** The bytes of a struct, fields in order of their ids. */
export function writeThrift(struct: ThriftStruct): Uint8Array {
  const out = new ByteWriter()
  writeStruct(out, struct)
  return out.toBytes()
}

function writeStruct(out: ByteWriter, struct: ThriftStruct): void {
  let lastId = 0
  for (const [id, { type, value }] of [...struct].sort(([a], [b]) => a - b)) {
    const shown = typeof value === 'boolean' ? (value ? T.TRUE : T.FALSE) : type
    const delta = id - lastId
    if (delta > 0 && delta < 16) {
      out.u8((delta << 4) | shown)
    } else {
      out.u8(shown)
      out.zigzag32(id)
    }
    if (typeof value !== 'boolean') writeValue(out, type, value)
    lastId = id
  }
  out.u8(T.STOP)
}

function writeValue(out: ByteWriter, type: number, value: Exclude<ThriftValue, boolean>): void {
  if (typeof value === 'number') {
    if (type === T.DOUBLE) out.f64le(value)
    else if (type === T.BYTE) out.u8(value & 0xff)
    else out.zigzag32(value)
  } else if (typeof value === 'bigint') {
    out.zigzag64(value)
  } else if (value instanceof Uint8Array) {
    // Maps and UUIDs are kept as their raw bytes; text and bytes have a length in front.
    if (type === T.BINARY) out.varint(value.length)
    out.bytes(value)
  } else if (value instanceof Map) {
    writeStruct(out, value)
  } else {
    writeList(out, value)
  }
}

function writeList(out: ByteWriter, { elementType, items }: ThriftList): void {
  if (items.length < 15) {
    out.u8((items.length << 4) | elementType)
  } else {
    out.u8(0xf0 | elementType)
    out.varint(items.length)
  }
  for (const item of items) {
    if (typeof item === 'boolean') out.u8(item ? T.TRUE : T.FALSE)
    else writeValue(out, elementType, item)
  }
}
