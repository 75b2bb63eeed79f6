import { CorruptData } from '../../errors.js'
import {
  intOf,
  isJsonArray,
  isJsonObject,
  type JsonArray,
  JsonNumber,
  type JsonValue,
  longOf,
} from './value.js'

export interface ObjectReaderContext {
  /** The file, named in errors. */
  readonly path?: string | undefined
  /** JSON pointer (RFC 6901) of the object within the document, or what makes it: only errors need it. */
  readonly pointer?: string | (() => string)
}

/**
 * Reads the fields of one JSON object with their types, and remembers which were read, so that the
 * rest can be kept verbatim. In the `opt…` methods a missing field and `null` are both `undefined`.
 * Every mismatch throws `CorruptData` whose `details` name `path` and `pointer`.
 */
export class ObjectReader {
  readonly path: string | undefined
  readonly #pointer: string | (() => string)
  readonly #object: ReadonlyMap<string, JsonValue>
  readonly #seen = new Set<string>()

  constructor(value: JsonValue, context: ObjectReaderContext = {}) {
    this.#pointer = context.pointer ?? ''
    this.path = context.path
    if (!isJsonObject(value)) this.#object = this.#wrong(undefined, 'an object', value)
    else this.#object = value
  }

  /** The JSON pointer of the object. */
  get pointer(): string {
    return typeof this.#pointer === 'string' ? this.#pointer : this.#pointer()
  }

  /** The JSON pointer of a field. */
  at(key: string): string {
    return childPointer(this.pointer, key)
  }

  /** Whether the field is there, `null` included. Does not count as reading it. */
  has(key: string): boolean {
    return this.#object.has(key)
  }

  keys(): IterableIterator<string> {
    return this.#object.keys()
  }

  /** Marks fields as read without looking at them. */
  ignore(...keys: readonly string[]): void {
    for (const key of keys) this.#seen.add(key)
  }

  /** The fields that were never read, in their order. */
  rest(): ReadonlyMap<string, JsonValue> {
    const rest = new Map<string, JsonValue>()
    for (const [key, value] of this.#object) if (!this.#seen.has(key)) rest.set(key, value)
    return rest
  }

  fail(message: string, key?: string): never {
    const pointer = key === undefined ? this.pointer : this.at(key)
    const file = this.path === undefined ? '' : ` in ${this.path}`
    throw new CorruptData(`${message} at ${pointer === '' ? 'the top' : pointer}${file}`, {
      details: { path: this.path, pointer },
    })
  }

  /** The field as it is; `undefined` only when it is missing. */
  optValue(key: string): JsonValue | undefined {
    this.#seen.add(key)
    return this.#object.get(key)
  }

  value(key: string): JsonValue {
    return this.#required(key, this.optValue(key))
  }

  optLong(key: string): bigint | undefined {
    const value = this.#present(key)
    return value === undefined ? undefined : this.#longFrom(value, key)
  }

  long(key: string): bigint {
    return this.#required(key, this.optLong(key))
  }

  optInt(key: string): number | undefined {
    const value = this.#present(key)
    return value === undefined ? undefined : this.#intFrom(value, key)
  }

  int(key: string): number {
    return this.#required(key, this.optInt(key))
  }

  optDouble(key: string): number | undefined {
    const value = this.#present(key)
    if (value === undefined) return undefined
    if (!(value instanceof JsonNumber)) return this.#wrong(key, 'a number', value)
    const double = Number(value.text)
    return Number.isFinite(double) ? double : this.#wrong(key, 'a double', value)
  }

  double(key: string): number {
    return this.#required(key, this.optDouble(key))
  }

  optString(key: string): string | undefined {
    const value = this.#present(key)
    if (value === undefined || typeof value === 'string') return value
    return this.#wrong(key, 'a string', value)
  }

  string(key: string): string {
    return this.#required(key, this.optString(key))
  }

  optBool(key: string): boolean | undefined {
    const value = this.#present(key)
    if (value === undefined || typeof value === 'boolean') return value
    return this.#wrong(key, 'a boolean', value)
  }

  bool(key: string): boolean {
    return this.#required(key, this.optBool(key))
  }

  optObject(key: string): ObjectReader | undefined {
    const value = this.#present(key)
    if (value === undefined) return undefined
    return new ObjectReader(value, { path: this.path, pointer: () => this.at(key) })
  }

  object(key: string): ObjectReader {
    return this.#required(key, this.optObject(key))
  }

  /** An array, each item turned by `read`, which is given the item's pointer and index. */
  optList<T>(
    key: string,
    read: (value: JsonValue, pointer: string, index: number) => T,
  ): T[] | undefined {
    const pointer = this.at(key)
    return this.#optArray(key)?.map((item, index) => read(item, `${pointer}/${index}`, index))
  }

  list<T>(key: string, read: (value: JsonValue, pointer: string, index: number) => T): T[] {
    return this.#required(key, this.optList(key, read))
  }

  /** An array of objects, each read by `read`. */
  optObjects<T>(key: string, read: (reader: ObjectReader, index: number) => T): T[] | undefined {
    return this.#optArray(key)?.map((value, index) => {
      const pointer = (): string => this.#itemAt(key, index)
      return read(new ObjectReader(value, { path: this.path, pointer }), index)
    })
  }

  objects<T>(key: string, read: (reader: ObjectReader, index: number) => T): T[] {
    return this.#required(key, this.optObjects(key, read))
  }

  optLongs(key: string): bigint[] | undefined {
    return this.#optArray(key)?.map((value, index) => this.#longFrom(value, key, index))
  }

  longs(key: string): bigint[] {
    return this.#required(key, this.optLongs(key))
  }

  optInts(key: string): number[] | undefined {
    return this.#optArray(key)?.map((value, index) => this.#intFrom(value, key, index))
  }

  ints(key: string): number[] {
    return this.#required(key, this.optInts(key))
  }

  optStrings(key: string): string[] | undefined {
    return this.#optArray(key)?.map((value, index) => {
      if (typeof value === 'string') return value
      return this.#wrongAt(this.#itemAt(key, index), 'a string', value)
    })
  }

  strings(key: string): string[] {
    return this.#required(key, this.optStrings(key))
  }

  /** An object whose values are all strings, such as `properties` and `summary`. */
  optStringMap(key: string): Map<string, string> | undefined {
    const value = this.#present(key)
    if (value === undefined) return undefined
    if (!isJsonObject(value)) return this.#wrong(key, 'an object', value)
    const map = new Map<string, string>()
    for (const [name, item] of value) {
      if (typeof item !== 'string') {
        this.#wrongAt(childPointer(this.at(key), name), 'a string', item)
      }
      map.set(name, item)
    }
    return map
  }

  stringMap(key: string): Map<string, string> {
    return this.#required(key, this.optStringMap(key))
  }

  #present(key: string): Exclude<JsonValue, null> | undefined {
    this.#seen.add(key)
    return this.#object.get(key) ?? undefined
  }

  #optArray(key: string): JsonArray | undefined {
    const value = this.#present(key)
    if (value === undefined || isJsonArray(value)) return value
    return this.#wrong(key, 'an array', value)
  }

  #itemAt(key: string, index: number | undefined): string {
    return index === undefined ? this.at(key) : `${this.at(key)}/${index}`
  }

  #required<T>(key: string, value: T | undefined): T {
    if (value === undefined) this.fail(`missing required field '${key}'`, key)
    return value
  }

  #longFrom(value: JsonValue, key: string, index?: number): bigint {
    const long = value instanceof JsonNumber ? longOf(value.text) : undefined
    return long ?? this.#wrongAt(this.#itemAt(key, index), 'a 64-bit integer', value)
  }

  #intFrom(value: JsonValue, key: string, index?: number): number {
    const int = value instanceof JsonNumber ? intOf(value.text) : undefined
    return int ?? this.#wrongAt(this.#itemAt(key, index), 'a 32-bit integer', value)
  }

  #wrong(key: string | undefined, wanted: string, value: JsonValue): never {
    return this.#wrongAt(key === undefined ? this.pointer : this.at(key), wanted, value)
  }

  #wrongAt(pointer: string, wanted: string, value: JsonValue): never {
    const file = this.path === undefined ? '' : ` in ${this.path}`
    const place = pointer === '' ? 'the top' : pointer
    throw new CorruptData(`expected ${wanted}, found ${describe(value)} at ${place}${file}`, {
      details: { path: this.path, pointer },
    })
  }
}

function childPointer(pointer: string, key: string): string {
  return `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function describe(value: JsonValue): string {
  if (value === null) return 'null'
  if (value instanceof JsonNumber) return `the number ${value.text.slice(0, 40)}`
  if (isJsonArray(value)) return 'an array'
  if (isJsonObject(value)) return 'an object'
  return typeof value === 'string' ? 'a string' : `${value}`
}
