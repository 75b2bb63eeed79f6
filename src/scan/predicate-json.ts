/** Bound predicates as JSON, for tasks that are read in another process. */

import { ObjectReader } from '../codec/json/object-reader.js'
import { isJsonArray, type JsonValue, jsonInt, jsonObject } from '../codec/json/value.js'
import type { BoundPredicate, BoundTerm, CompareOp } from '../expr/predicate.js'
import { transformOps } from '../partition/ops.js'
import { formatTransform, parseTransform } from '../partition/transform.js'
import { isFloat, isOrdered } from '../types/compare.js'
import { type Datum, isDatumOf } from '../types/datum.js'
import { schemaIndex } from '../types/schema-index.js'
import type { Schema } from '../types/type.js'
import { formatType } from '../types/type-text.js'
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
    if (!takesCompare(compare, term)) return refuse(reader, op, term)
    return { op: compare, term, value: literalOf(reader, reader.value('value'), term, 'value') }
  }
  const set = SET.find((known) => known === op)
  if (set !== undefined) {
    const values = reader.value('values')
    if (!isJsonArray(values)) return reader.fail('literals are not a list', 'values')
    if (!isOrdered(term.type)) return refuse(reader, op, term)
    return {
      op: set,
      term,
      values: values.map((value) => literalOf(reader, value, term, 'values')),
    }
  }
  const unary = UNARY.find((known) => known === op)
  if (unary === undefined) return reader.fail('unknown operator', 'op')
  const isNaNTest = unary === 'isNaN' || unary === 'notNaN'
  return isNaNTest && !isFloat(term.type) ? refuse(reader, op, term) : { op: unary, term }
}

/** The operators that binding allows: the kernels trust that no other comes to them. */
function takesCompare(op: CompareOp, { type }: BoundTerm): boolean {
  const isPrefix = op === 'startsWith' || op === 'notStartsWith'
  return isPrefix ? type.kind === 'string' : isOrdered(type)
}

function refuse(reader: ObjectReader, op: string, { type }: BoundTerm): never {
  return reader.fail(`a value of type ${formatType(type)} does not take ${op}`, 'op')
}

/** A literal of the term's type. NaN is none: no value equals it. */
function literalOf(reader: ObjectReader, json: JsonValue, term: BoundTerm, key: string): Datum {
  const datum = parseDatumJson(json)
  if (datum === null || !isDatumOf(term.type, datum) || Number.isNaN(datum)) {
    return reader.fail(`a literal is not of type ${formatType(term.type)}`, key)
  }
  return datum
}

function parseTerm(reader: ObjectReader, schema: Pick<Schema, 'fields'>): BoundTerm {
  const fieldId = reader.int('field-id')
  const field = schemaIndex(schema).byId.get(fieldId)
  if (field === undefined || field.inRepeated) {
    return reader.fail('the predicate names a field that the schema does not have', 'field-id')
  }
  const text = reader.optString('transform')
  const transform = text === undefined ? undefined : parseTransform(text)
  const ops = transform && transformOps(transform, field.type)
  if (ops?.accepts === false) return reader.fail(`cannot transform the column`, 'transform')
  const type = ops?.resultType ?? field.type
  return {
    fieldId,
    path: field.path,
    sourceType: field.type,
    type,
    ...(transform && { transform }),
    required: !field.nullable,
  }
}
