import { CorruptData, Unsupported } from '../../errors.js'
import type { AvroInput } from './input.js'
import {
  type AvroArray,
  type AvroPrimitiveKind,
  type AvroRecord,
  type AvroSchema,
  type AvroUnion,
  type AvroValue,
  isKeyValueArray,
  optionalBranch,
} from './schema.js'

/** What is wanted of a type. An empty object wants all of it, in the writer's order. */
export interface AvroTypeProjection {
  /**
   * The kind that the values must have. The writer's type is taken when it is that or promotes to
   * it (int → long, float → double, fixed or string → bytes, enum → string); else `CorruptData`.
   * A long is taken for an int as well: PyIceberg writes the `equality_ids` of manifests so.
   */
  readonly kind?: AvroPrimitiveKind | 'fixed' | 'record' | 'array' | 'map'
  /** Of a record: one slot of the result each. */
  readonly fields?: readonly AvroProjectedField[]
  /** Of an array. */
  readonly element?: AvroTypeProjection
  /** Of a map in either form. */
  readonly key?: AvroTypeProjection
  readonly value?: AvroTypeProjection
  /** Of a map: entries with other keys are skipped. */
  readonly keys?: ReadonlySet<AvroValue>
}

export interface AvroProjectedField {
  readonly id?: number
  /** Finds the field when the writer's has no id, such as `metadata` and `value` of a variant. */
  readonly name?: string
  readonly type?: AvroTypeProjection
}

/** The projection of a whole file: the fields of its records. */
export interface AvroProjection {
  readonly fields: readonly AvroProjectedField[]
}

export type AvroDecoder = (input: AvroInput) => AvroValue
type Skipper = (input: AvroInput) => void

/**
 * Builds the decoder of a writer's schema: a tree of closures that decodes what the projection wants
 * and skips the rest. Fields are matched by id (spec: "Column Projection"), never by position.
 *
 * @throws CorruptData when a wanted field has another kind, Unsupported('avro-union').
 */
export function compileDecoder(
  schema: AvroSchema,
  projection: AvroTypeProjection,
  path: string | undefined,
): AvroDecoder {
  return new Compiler(path).decoder(schema, projection, '')
}

class Compiler {
  readonly #path: string | undefined
  /** Named types may be used many times; their skippers are shared. */
  readonly #skippers = new Map<AvroSchema, Skipper>()

  constructor(path: string | undefined) {
    this.#path = path
  }

  decoder(schema: AvroSchema, wanted: AvroTypeProjection, place: string): AvroDecoder {
    if (schema.kind === 'union') return this.#union(schema, wanted, place)
    const shape = shapeOf(schema)
    if (wanted.fields !== undefined && shape !== 'record') this.#mismatch('record', shape, place)
    if (wanted.element !== undefined && shape !== 'array') this.#mismatch('array', shape, place)
    if ((wanted.key ?? wanted.value) !== undefined && shape !== 'map') {
      this.#mismatch('map', shape, place)
    }
    if (wanted.kind !== undefined && wanted.kind !== shape) {
      return this.#promoted(schema, wanted.kind, place)
    }
    switch (schema.kind) {
      case 'record':
        return this.#record(schema, wanted, place)
      case 'array':
        return this.#array(schema, wanted, place)
      case 'map':
        return this.#map(schema.values, wanted, place)
      case 'fixed': {
        const { size } = schema
        return (input) => input.readBytes(size, 'a fixed')
      }
      case 'enum': {
        const { symbols } = schema
        return (input) => symbols[input.readInt()] ?? input.fail('an enum has no such symbol')
      }
      default:
        return primitives[schema.kind]
    }
  }

  #promoted(schema: AvroSchema, kind: string, place: string): AvroDecoder {
    if (kind === 'long' && schema.kind === 'int') return (input) => BigInt(input.readInt())
    // Both are zig-zag varints; a value beyond 32 bits fails where it is met.
    if (kind === 'int' && schema.kind === 'long') return primitives.int
    if (kind === 'double' && schema.kind === 'float') return primitives.float
    if (kind === 'bytes' && schema.kind === 'string') return primitives.bytes
    if (kind === 'bytes' && schema.kind === 'fixed') return this.decoder(schema, {}, place)
    if (kind === 'string' && schema.kind === 'enum') return this.decoder(schema, {}, place)
    return this.#mismatch(kind, shapeOf(schema), place)
  }

  #union(schema: AvroUnion, wanted: AvroTypeProjection, place: string): AvroDecoder {
    if (schema.branches.length === 1) {
      const only = this.decoder(schema.branches[0] as AvroSchema, wanted, place)
      return (input) => {
        if (input.readInt() !== 0) input.fail('a union has no such branch')
        return only(input)
      }
    }
    const optional = optionalBranch(schema)
    if (optional === undefined) {
      throw new Unsupported(
        'avro-union',
        `an avro union other than of null and one type cannot be read, found at ${place}`,
        { details: { path: this.#path } },
      )
    }
    const { nullIndex } = optional
    const decode = this.decoder(optional.type, wanted, place)
    return (input) => {
      const index = input.readInt()
      if (index === nullIndex) return null
      if (index !== 1 - nullIndex) input.fail('a union has no such branch')
      return decode(input)
    }
  }

  #record(schema: AvroRecord, wanted: AvroTypeProjection, place: string): AvroDecoder {
    const fields = wanted.fields
    const width = fields === undefined ? schema.fields.length : fields.length
    const slots = schema.fields.map((field, index) =>
      fields === undefined ? [index] : slotsOf(fields, field.fieldId, field.name),
    )
    const steps: { readonly slot: number; readonly decode: AvroDecoder }[] = []
    for (const [index, field] of schema.fields.entries()) {
      const [slot, second] = slots[index] as number[]
      if (second !== undefined) {
        throw new CorruptData(`field ${field.name} is asked for twice at ${place}/${field.name}`)
      }
      const type = slot === undefined ? undefined : (fields?.[slot]?.type ?? {})
      steps.push(
        type === undefined
          ? { slot: -1, decode: asDecoder(this.#skipper(field.type)) }
          : {
              slot: slot as number,
              decode: this.decoder(field.type, type, `${place}/${field.name}`),
            },
      )
    }
    const decoders = steps.map((step) => step.decode)
    const targets = Int32Array.from(steps, (step) => step.slot)
    return (input) => {
      const row = new Array<AvroValue>(width).fill(undefined)
      for (let i = 0; i < decoders.length; i++) {
        const value = (decoders[i] as AvroDecoder)(input)
        const slot = targets[i] as number
        if (slot >= 0) row[slot] = value
      }
      return row
    }
  }

  #array(schema: AvroArray, wanted: AvroTypeProjection, place: string): AvroDecoder {
    if (isKeyValueArray(schema)) return this.#keyValueMap(schema.items, wanted, place)
    const decode = this.decoder(schema.items, wanted.element ?? {}, `${place}/element`)
    return (input) => {
      const items: AvroValue[] = []
      for (let count = input.readBlockCount(); count > 0; count = input.readBlockCount()) {
        for (let k = 0; k < count; k++) items.push(decode(input))
      }
      return items
    }
  }

  #keyValueMap(items: AvroRecord, wanted: AvroTypeProjection, place: string): AvroDecoder {
    const [first, second] = items.fields as [AvroRecord['fields'][0], AvroRecord['fields'][0]]
    const key = this.decoder(first.type, wanted.key ?? {}, `${place}/key`)
    const value = this.decoder(second.type, wanted.value ?? {}, `${place}/value`)
    if (wanted.keys !== undefined) {
      return someDecoder(key, value, this.#skipper(second.type), wanted.keys)
    }
    return mapDecoder(key, value)
  }

  #map(values: AvroSchema, wanted: AvroTypeProjection, place: string): AvroDecoder {
    const value = this.decoder(values, wanted.value ?? {}, `${place}/value`)
    if (wanted.keys !== undefined) {
      return someDecoder(primitives.string, value, this.#skipper(values), wanted.keys)
    }
    return mapDecoder(primitives.string, value)
  }

  #skipper(schema: AvroSchema): Skipper {
    const known = this.#skippers.get(schema)
    if (known !== undefined) return known
    const built = this.#buildSkipper(schema)
    this.#skippers.set(schema, built)
    return built
  }

  #buildSkipper(schema: AvroSchema): Skipper {
    switch (schema.kind) {
      case 'union': {
        const branches = schema.branches.map((branch) => this.#skipper(branch))
        return (input) => {
          const branch = branches[input.readInt()]
          if (branch === undefined) input.fail('a union has no such branch')
          else branch(input)
        }
      }
      case 'record': {
        const fields = schema.fields.map((field) => this.#skipper(field.type))
        return (input) => {
          for (let i = 0; i < fields.length; i++) (fields[i] as Skipper)(input)
        }
      }
      case 'array':
        return skipItems(this.#skipper(schema.items))
      case 'map': {
        const value = this.#skipper(schema.values)
        return skipItems((input) => {
          skipLengthPrefixed(input)
          value(input)
        })
      }
      case 'fixed': {
        const { size } = schema
        return (input) => input.skip(size, 'a fixed')
      }
      default:
        return skippers[schema.kind]
    }
  }

  #mismatch(wanted: string, found: string, place: string): never {
    const file = this.#path === undefined ? '' : ` in ${this.#path}`
    throw new CorruptData(`avro field ${place} has the type ${found} instead of ${wanted}${file}`, {
      details: { path: this.#path },
    })
  }
}

function shapeOf(schema: AvroSchema): string {
  return schema.kind === 'array' && isKeyValueArray(schema) ? 'map' : schema.kind
}

function slotsOf(
  fields: readonly AvroProjectedField[],
  id: number | undefined,
  name: string,
): number[] {
  const slots: number[] = []
  for (const [slot, field] of fields.entries()) {
    if (id !== undefined ? field.id === id : field.name === name) slots.push(slot)
  }
  return slots
}

function asDecoder(skip: Skipper): AvroDecoder {
  return (input) => {
    skip(input)
    return undefined
  }
}

function mapDecoder(key: AvroDecoder, value: AvroDecoder): AvroDecoder {
  return (input) => {
    const map = new Map<AvroValue, AvroValue>()
    for (let count = input.readBlockCount(); count > 0; count = input.readBlockCount()) {
      for (let k = 0; k < count; k++) map.set(key(input), value(input))
    }
    return map
  }
}

function someDecoder(
  key: AvroDecoder,
  value: AvroDecoder,
  skip: Skipper,
  keys: ReadonlySet<AvroValue>,
): AvroDecoder {
  return (input) => {
    const map = new Map<AvroValue, AvroValue>()
    for (let count = input.readBlockCount(); count > 0; count = input.readBlockCount()) {
      for (let k = 0; k < count; k++) {
        const name = key(input)
        if (keys.has(name)) map.set(name, value(input))
        else skip(input)
      }
    }
    return map
  }
}

function skipItems(item: Skipper): Skipper {
  return (input) => {
    for (let count = input.skipBlocks(); count > 0; count = input.skipBlocks()) {
      for (let k = 0; k < count; k++) item(input)
    }
  }
}

function skipLengthPrefixed(input: AvroInput): void {
  // Not `pos += readLength()`: that would add to the position before the length.
  const length = input.readLength('a value')
  input.pos += length
}

const primitives: Readonly<Record<AvroPrimitiveKind, AvroDecoder>> = {
  null: () => null,
  boolean: (input) => input.readBoolean(),
  int: (input) => input.readInt(),
  long: (input) => input.readLong(),
  float: (input) => input.readFloat(),
  double: (input) => input.readDouble(),
  bytes: (input) => input.readBytes(input.readLength('a value'), 'a value'),
  string: (input) => input.readString(),
}

const skippers: Readonly<Record<AvroPrimitiveKind | 'enum', Skipper>> = {
  null: () => undefined,
  boolean: (input) => input.skip(1, 'a boolean'),
  int: (input) => input.skipVarint(5),
  enum: (input) => input.skipVarint(5),
  long: (input) => input.skipVarint(10),
  float: (input) => input.skip(4, 'a float'),
  double: (input) => input.skip(8, 'a double'),
  bytes: skipLengthPrefixed,
  string: skipLengthPrefixed,
}
