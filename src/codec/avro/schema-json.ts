import type { Limits } from '../../env/limits.js'
import { CorruptData, LimitExceeded, Unsupported } from '../../errors.js'
import { ObjectReader } from '../json/object-reader.js'
import { parseJson } from '../json/parse.js'
import { isJsonArray, isJsonObject, type JsonValue } from '../json/value.js'
import type {
  AvroArray,
  AvroEnum,
  AvroField,
  AvroFixed,
  AvroLogical,
  AvroMap,
  AvroPrimitive,
  AvroPrimitiveKind,
  AvroRecord,
  AvroSchema,
} from './schema.js'

export interface ParseAvroSchemaOptions {
  readonly limits: Limits
  /** Named in errors. */
  readonly path?: string | undefined
}

const PRIMITIVES: ReadonlySet<string> = new Set<AvroPrimitiveKind>([
  'null',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'bytes',
  'string',
])

/**
 * Parses an Avro schema, with Iceberg's ids and logical types kept and everything else ignored.
 *
 * @throws CorruptData with a JSON pointer, LimitExceeded (`avroSchemaBytes`, `avroDepth`,
 *   `schemaFields`), or Unsupported('avro-recursive-schema').
 */
export function parseAvroSchema(
  input: Uint8Array | string,
  options: ParseAvroSchemaOptions,
): AvroSchema {
  const { limits, path } = options
  if (input.length > limits.avroSchemaBytes) {
    limit('avroSchemaBytes', limits.avroSchemaBytes, input.length, path)
  }
  const json = parseJson(input, { limits, ...(path === undefined ? {} : { path }) })
  return new SchemaParser(options).parse(json, '', undefined, 1)
}

function limit(name: keyof Limits, max: number, actual: number, path: string | undefined): never {
  const file = path === undefined ? '' : ` in ${path}`
  throw new LimitExceeded(`the avro schema passes the limit ${name} = ${max}${file}`, {
    details: { limit: name, max, actual, path },
  })
}

/** What a type amounts to with every name in it replaced by its definition. */
interface WrittenOut {
  readonly nodes: number
  readonly depth: number
  /** Whether every value takes no bytes at all. */
  readonly empty: boolean
}

class SchemaParser {
  readonly #options: ParseAvroSchemaOptions
  /** Named types by full name; `undefined` while one is still being read. */
  readonly #named = new Map<string, AvroSchema | undefined>()
  /** Types in the schema written out in full: a type used twice counts twice. */
  readonly #sizes = new Map<AvroSchema, WrittenOut>()

  constructor(options: ParseAvroSchemaOptions) {
    this.#options = options
  }

  parse(
    json: JsonValue,
    pointer: string,
    namespace: string | undefined,
    depth: number,
  ): AvroSchema {
    const { limits, path } = this.#options
    if (depth > limits.avroDepth) limit('avroDepth', limits.avroDepth, depth, path)
    const schema = this.#parseAny(json, pointer, namespace, depth)
    this.#measure(schema)
    return schema
  }

  #parseAny(
    json: JsonValue,
    pointer: string,
    namespace: string | undefined,
    depth: number,
  ): AvroSchema {
    if (typeof json === 'string') return this.#byName(json, pointer, namespace)
    if (isJsonArray(json)) {
      const branches = json.map((branch, index) =>
        this.parse(branch, `${pointer}/${index}`, namespace, depth + 1),
      )
      if (branches.length === 0) this.#fail('a union without branches', pointer)
      if (branches.some((branch) => branch.kind === 'union')) {
        this.#fail('a union inside a union', pointer)
      }
      return { kind: 'union', branches }
    }
    if (!isJsonObject(json)) return this.#fail('expected an avro type', pointer)
    const reader = new ObjectReader(json, { path: this.#options.path, pointer })
    const type = reader.value('type')
    // `{"type": {"type": …}}` and `{"type": [ … ]}` wrap another type.
    if (typeof type !== 'string') return this.parse(type, `${pointer}/type`, namespace, depth + 1)
    switch (type) {
      case 'record':
      case 'error':
        return this.#record(reader, namespace, depth)
      case 'fixed':
        return this.#fixed(reader, namespace)
      case 'enum':
        return this.#enum(reader, namespace)
      case 'array':
        return this.#array(reader, namespace, depth)
      case 'map':
        return this.#map(reader, namespace, depth)
      default:
        if (!PRIMITIVES.has(type)) return this.#byName(type, pointer, namespace)
        return { kind: type as AvroPrimitiveKind, ...this.#logical(reader) }
    }
  }

  #byName(name: string, pointer: string, namespace: string | undefined): AvroSchema {
    if (PRIMITIVES.has(name)) return { kind: name as AvroPrimitiveKind } satisfies AvroPrimitive
    const full = fullName(name, namespace)
    const key = this.#named.has(full) ? full : name
    if (!this.#named.has(key)) return this.#fail(`unknown avro type '${shorten(name)}'`, pointer)
    const known = this.#named.get(key)
    if (known === undefined) {
      throw new Unsupported(
        'avro-recursive-schema',
        `avro type '${shorten(name)}' contains itself, which no iceberg type does`,
        { details: { path: this.#options.path, pointer } },
      )
    }
    return known
  }

  #record(reader: ObjectReader, namespace: string | undefined, depth: number): AvroRecord {
    const [name, inner] = this.#declare(reader, namespace)
    const fields = reader.objects('fields', (field) => this.#field(field, inner, depth))
    const names = new Set(fields.map((field) => field.name))
    if (names.size !== fields.length) reader.fail('two fields of one name', 'fields')
    const ids = fields.flatMap((field) => field.fieldId ?? [])
    if (new Set(ids).size !== ids.length) reader.fail('two fields of one field-id', 'fields')
    const record: AvroRecord = { kind: 'record', name, fields }
    this.#named.set(fullName(name, inner), record)
    return record
  }

  #field(reader: ObjectReader, namespace: string | undefined, depth: number): AvroField {
    const type = this.parse(reader.value('type'), reader.at('type'), namespace, depth + 1)
    const fieldId = reader.optInt('field-id')
    const icebergName = reader.optString('iceberg-field-name')
    const defaultValue = reader.optValue('default')
    const doc = reader.optValue('doc')
    return {
      name: reader.string('name'),
      type,
      ...(fieldId === undefined ? {} : { fieldId }),
      ...(icebergName === undefined ? {} : { icebergName }),
      ...(defaultValue === undefined ? {} : { default: defaultValue }),
      ...(typeof doc === 'string' ? { doc } : {}),
    }
  }

  #fixed(reader: ObjectReader, namespace: string | undefined): AvroFixed {
    const [name, inner] = this.#declare(reader, namespace)
    const size = reader.int('size')
    if (size < 0) reader.fail('a negative size', 'size')
    const fixed: AvroFixed = { kind: 'fixed', name, size, ...this.#logical(reader) }
    this.#named.set(fullName(name, inner), fixed)
    return fixed
  }

  #enum(reader: ObjectReader, namespace: string | undefined): AvroEnum {
    const [name, inner] = this.#declare(reader, namespace)
    const symbols = reader.strings('symbols')
    const schema: AvroEnum = { kind: 'enum', name, symbols }
    this.#named.set(fullName(name, inner), schema)
    return schema
  }

  #array(reader: ObjectReader, namespace: string | undefined, depth: number): AvroArray {
    const items = this.parse(reader.value('items'), reader.at('items'), namespace, depth + 1)
    // Items that take no bytes would let a short file claim any number of them.
    if (this.#sizes.get(items)?.empty === true)
      reader.fail('array items that take no bytes', 'items')
    const elementId = reader.optInt('element-id')
    const logicalType = reader.optString('logicalType')
    return {
      kind: 'array',
      items,
      ...(elementId === undefined ? {} : { elementId }),
      ...(logicalType === undefined ? {} : { logicalType }),
    }
  }

  #map(reader: ObjectReader, namespace: string | undefined, depth: number): AvroMap {
    const values = this.parse(reader.value('values'), reader.at('values'), namespace, depth + 1)
    const keyId = reader.optInt('key-id')
    const valueId = reader.optInt('value-id')
    return {
      kind: 'map',
      values,
      ...(keyId === undefined ? {} : { keyId }),
      ...(valueId === undefined ? {} : { valueId }),
    }
  }

  /** Reads the name of a named type and reserves it; returns it with the namespace inside it. */
  #declare(
    reader: ObjectReader,
    namespace: string | undefined,
  ): readonly [name: string, namespace: string | undefined] {
    const name = reader.string('name')
    const own = reader.optString('namespace') ?? namespace
    const inner = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : own
    const full = fullName(name, inner)
    if (this.#named.has(full)) reader.fail(`avro type '${shorten(full)}' is defined twice`, 'name')
    this.#named.set(full, undefined)
    return [name, inner]
  }

  #logical(reader: ObjectReader): AvroLogical {
    const logicalType = reader.optString('logicalType')
    const adjustToUtc = reader.optBool('adjust-to-utc')
    const precision = reader.optInt('precision')
    const scale = reader.optInt('scale')
    return {
      ...(logicalType === undefined ? {} : { logicalType }),
      ...(adjustToUtc === undefined ? {} : { adjustToUtc }),
      ...(precision === undefined ? {} : { precision }),
      ...(scale === undefined ? {} : { scale }),
    }
  }

  /**
   * Named types can be used many times, so a short text can stand for a schema that is huge or deep
   * when written out. Both are bounded here.
   */
  #measure(schema: AvroSchema): void {
    if (this.#sizes.has(schema)) return
    let nodes = 1
    let depth = 0
    let empty = mayBeEmpty(schema)
    for (const child of children(schema)) {
      const size = this.#sizes.get(child) as WrittenOut
      nodes += size.nodes
      depth = Math.max(depth, size.depth)
      empty &&= size.empty
    }
    const { limits, path } = this.#options
    if (nodes > 4 * limits.schemaFields) limit('schemaFields', limits.schemaFields, nodes, path)
    if (depth + 1 > limits.avroDepth) limit('avroDepth', limits.avroDepth, depth + 1, path)
    this.#sizes.set(schema, { nodes, depth: depth + 1, empty })
  }

  #fail(message: string, pointer: string): never {
    const { path } = this.#options
    const file = path === undefined ? '' : ` in ${path}`
    const place = pointer === '' ? 'the top' : pointer
    throw new CorruptData(`bad avro schema: ${message} at ${place}${file}`, {
      details: { path, pointer },
    })
  }
}

function fullName(name: string, namespace: string | undefined): string {
  return namespace === undefined || namespace === '' || name.includes('.')
    ? name
    : `${namespace}.${name}`
}

function shorten(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name
}

function children(schema: AvroSchema): readonly AvroSchema[] {
  if (schema.kind === 'record') return schema.fields.map((field) => field.type)
  if (schema.kind === 'array') return [schema.items]
  if (schema.kind === 'map') return [schema.values]
  return schema.kind === 'union' ? schema.branches : []
}

/** Whether the type can take no bytes, as long as its children take none. */
function mayBeEmpty(schema: AvroSchema): boolean {
  if (schema.kind === 'fixed') return schema.size === 0
  return schema.kind === 'null' || schema.kind === 'record'
}
