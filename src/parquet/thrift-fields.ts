import { type CompactReader, T } from '../codec/thrift/compact-reader.js'
import { CorruptData } from '../errors.js'

/**
 * Typed reads of thrift fields: a field with another wire type than parquet.thrift gives it is
 * corrupt data, not a value to guess at.
 */
export class FieldReader {
  readonly thrift: CompactReader
  readonly path: string

  constructor(thrift: CompactReader, path: string) {
    this.thrift = thrift
    this.path = path
  }

  fail(message: string): never {
    throw new CorruptData(`bad parquet footer in ${this.path}: ${message}`, {
      details: { path: this.path, offset: this.thrift.pos },
    })
  }

  expect(type: number): void {
    const { fieldId, fieldType } = this.thrift
    if (fieldType !== type) this.fail(`field ${fieldId} has thrift type ${fieldType}, not ${type}`)
  }

  bool(): boolean {
    const { fieldType } = this.thrift
    if (fieldType !== T.FALSE) this.expect(T.TRUE)
    return fieldType === T.TRUE
  }

  byte(): number {
    this.expect(T.BYTE)
    return this.thrift.readByte()
  }

  i32(): number {
    this.expect(T.I32)
    return this.thrift.readI32()
  }

  /** A count or offset: a non-negative integer that a number holds exactly. */
  size(): number {
    this.expect(T.I64)
    const value = this.thrift.readI64AsNumber()
    if (value < 0) this.fail(`field ${this.thrift.fieldId} is negative`)
    return value
  }

  /** An optional count: writers are known to put -1 for "unknown". */
  optionalSize(): number | undefined {
    this.expect(T.I64)
    const value = this.thrift.readI64AsNumber()
    return value < 0 ? undefined : value
  }

  size32(): number {
    const value = this.i32()
    if (value < 0) this.fail(`field ${this.thrift.fieldId} is negative`)
    return value
  }

  string(): string {
    this.expect(T.BINARY)
    return this.thrift.readString()
  }

  /** A copy, so that what is kept does not hold the whole footer in memory. */
  binary(): Uint8Array {
    this.expect(T.BINARY)
    return this.thrift.readBinary().slice()
  }

  /** Calls `read` for each field of a struct; `read` returns false for a field it does not know. */
  struct(read: (fieldId: number) => boolean): void {
    this.thrift.structBegin()
    while (this.thrift.nextField()) {
      if (!read(this.thrift.fieldId)) this.thrift.skip(this.thrift.fieldType)
    }
    this.thrift.structEnd()
  }

  /** A field that is a struct: see {@link struct}, which reads whole footers and list elements. */
  member(read: (fieldId: number) => boolean): void {
    this.expect(T.STRUCT)
    this.struct(read)
  }

  /** The elements of a list field, each read by `read`. */
  list<Item>(elementType: number, read: (index: number) => Item): Item[] {
    this.expect(T.LIST)
    this.thrift.listBegin()
    const { listType, listSize } = this.thrift
    if (listSize > 0 && listType !== elementType) {
      this.fail(`a list holds thrift type ${listType}, not ${elementType}`)
    }
    const items: Item[] = []
    for (let i = 0; i < listSize; i++) items.push(read(i))
    return items
  }

  /** The elements of a list of structs. */
  structs<Item>(read: (index: number) => Item): Item[] {
    return this.list(T.STRUCT, read)
  }
}
