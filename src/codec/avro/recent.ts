/**
 * Schemas and decoders that were built a moment ago. The manifests of a table mostly have one and
 * the same schema; planning over a thousand of them would spend its time on parsing it again.
 */
import type { Limits } from '../../env/limits.js'
import { decodeUtf8, encodeUtf8 } from '../../util/utf8.js'
import { stringifyJson } from '../json/stringify.js'
import type { AvroDecoder, AvroProjection } from './decoder.js'
import { type AvroEncoder, compileEncoder } from './encoder.js'
import type { AvroRecord } from './schema.js'
import { avroSchemaJson } from './schema-to-json.js'

const encoders = new WeakMap<AvroRecord, AvroEncoder>()
const texts = new WeakMap<AvroRecord, Uint8Array>()

/** Schemas kept per set of limits: their texts may be large, so only a few. */
const KEPT = 8
const schemas = new WeakMap<Limits, Map<string, AvroRecord>>()
const decoders = new WeakMap<AvroRecord, WeakMap<AvroProjection, AvroDecoder>>()

/** `parse()`, or what it gave for the same text under the same limits. */
export function recentSchema(
  json: Uint8Array,
  limits: Limits,
  parse: () => AvroRecord,
): AvroRecord {
  const text = decodeUtf8(json)
  if (text === undefined) return parse()
  let kept = schemas.get(limits)
  if (kept === undefined) {
    kept = new Map()
    schemas.set(limits, kept)
  }
  const known = kept.get(text)
  const schema = known ?? parse()
  // Newest last.
  kept.delete(text)
  kept.set(text, schema)
  if (kept.size > KEPT) kept.delete(kept.keys().next().value as string)
  return schema
}

/** `compile()`, or what it gave for the same schema and projection objects. */
export function recentDecoder(
  schema: AvroRecord,
  projection: AvroProjection,
  compile: () => AvroDecoder,
): AvroDecoder {
  let known = decoders.get(schema)
  if (known === undefined) {
    known = new WeakMap()
    decoders.set(schema, known)
  }
  let decoder = known.get(projection)
  if (decoder === undefined) {
    decoder = compile()
    known.set(projection, decoder)
  }
  return decoder
}

/** `compileEncoder(schema)`, once for each schema object. Throws as it does. */
export function recentEncoder(schema: AvroRecord): AvroEncoder {
  let encoder = encoders.get(schema)
  if (encoder === undefined) {
    encoder = compileEncoder(schema)
    encoders.set(schema, encoder)
  }
  return encoder
}

/** The JSON text of a schema in UTF-8, made once for each schema object. Throws as `avroSchemaJson` does. */
export function recentSchemaText(schema: AvroRecord): Uint8Array {
  let text = texts.get(schema)
  if (text === undefined) {
    text = encodeUtf8(stringifyJson(avroSchemaJson(schema)))
    texts.set(schema, text)
  }
  return text
}
