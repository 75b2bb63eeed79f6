/** Bound predicates as JSON, for tasks that are read in another process. */

import { ObjectReader } from '../codec/json/object-reader.js'
import { isJsonArray, type JsonValue, jsonInt, jsonObject } from '../codec/json/value.js'
import type { BoundPredicate, BoundTerm } from '../expr/predicate.js'
import { transformOps } from '../partition/ops.js'
import { formatTransform, parseTransform } from '../partition/transform.js'
import { schemaIndex } from '../types/schema-index.js'
import type { Schema } from '../types/type.js'
import { datumJson, parseDatumJson } from './datum-json.js'

const COMPARE = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'startsWith', 'notStartsWith'] as const
const UNARY = ['isNull', 'notNull', 'isNaN', 'notNaN'] as const
const SET = ['in', 'notIn'] as const
const DEPTH_LIMIT = 1000

export function predicateJson(predicate: BoundPredicate): JsonValue {
  switch (predicate.op) {
    case 'true':
      return true
    case 'false':
      return false
    case 'and':
    case 'or':
      return jsonObject([
        ['op', predicate.op],
        ['args', predicate.args.map(predicateJson)],
      ])
    default: {
      const { term } = predicate
      return jsonObject([
        ['op', predicate.op],
        ['field-id', jsonInt(term.fieldId)],
        ['transform', term.transform && formatTransform(term.transform)],
        ['value', 'value' in predicate ? datumJson(predicate.value) : undefined],
        ['values', 'values' in predicate ? predicate.values.map(datumJson) : undefined],
      ])
    }
  }
}

/**
 * The predicate back, bound to `schema`.
 *
 * @throws CorruptData when it is malformed or names a field that the schema does not have.
 */
export function parsePredicateJson(
  json: JsonValue,
  schema: Pick<Schema, 'fields'>,
  depth = 0,
): BoundPredicate {
  if (typeof json === 'boolean') return { op: json ? 'true' : 'false' }
  const reader = new ObjectReader(json, { path: 'scan task' })
  if (depth > DEPTH_LIMIT) reader.fail('the predicate is nested too deeply')
  const op = reader.string('op')
  if (op === 'and' || op === 'or') {
    const args = reader.list('args', (arg) => parsePredicateJson(arg, schema, depth + 1))
    return { op, args }
  }
  const term = parseTerm(reader, schema)
  const compare = COMPARE.find((known) => known === op)
  if (compare !== undefined) {
    const value = parseDatumJson(reader.value('value'))
    return value === null ? reader.fail('a literal is null', 'value') : { op: compare, term, value }
  }
  const set = SET.find((known) => known === op)
  if (set !== undefined) {
    const values = reader.value('values')
    if (!isJsonArray(values)) return reader.fail('literals are not a list', 'values')
    const data = values.map(parseDatumJson).filter((value) => value !== null)
    return { op: set, term, values: data }
  }
  const unary = UNARY.find((known) => known === op)
  return unary === undefined ? reader.fail('unknown operator', 'op') : { op: unary, term }
}

function parseTerm(reader: ObjectReader, schema: Pick<Schema, 'fields'>): BoundTerm {
  const fieldId = reader.int('field-id')
  const field = schemaIndex(schema).byId.get(fieldId)
  if (field === undefined || field.inRepeated) {
    return reader.fail('the predicate names a field that the schema does not have', 'field-id')
  }
  const text = reader.optString('transform')
  const transform = text === undefined ? undefined : parseTransform(text)
  const type = transform === undefined ? field.type : transformOps(transform, field.type).resultType
  return {
    fieldId,
    path: field.path,
    sourceType: field.type,
    type,
    ...(transform && { transform }),
    required: !field.nullable,
  }
}
