import type { ObjectReader } from '../codec/json/object-reader.js'
import { type JsonObject, jsonInt, jsonObject } from '../codec/json/value.js'
import type { SortField, SortOrder } from './model.js'
import { parseSourceIds, parseTransformAt, sourceIdEntries } from './spec-json.js'
import { formatTransform } from './transform.js'

/** Parses a sort order (spec: Appendix C, "Sort Orders"). */
export function parseSortOrder(reader: ObjectReader): SortOrder {
  const orderId = reader.int('order-id')
  const fields = reader.objects('fields', parseSortField)
  const extra = reader.rest()
  return { orderId, fields, ...(extra.size > 0 ? { extra } : {}) }
}

function parseSortField(reader: ObjectReader): SortField {
  const transform = parseTransformAt(reader)
  const sourceIds = parseSourceIds(reader)
  const direction = reader.string('direction').toLowerCase()
  const nullOrder = reader.string('null-order').toLowerCase()
  if (direction !== 'asc' && direction !== 'desc') {
    return reader.fail("expected 'asc' or 'desc'", 'direction')
  }
  if (nullOrder !== 'nulls-first' && nullOrder !== 'nulls-last') {
    return reader.fail("expected 'nulls-first' or 'nulls-last'", 'null-order')
  }
  const extra = reader.rest()
  return {
    sourceIds,
    transform,
    direction,
    nullOrder,
    ...(extra.size > 0 ? { extra } : {}),
  }
}

/** The JSON form of a sort order. */
export function sortOrderJson(order: SortOrder): JsonObject {
  return jsonObject([
    ['order-id', jsonInt(order.orderId)],
    [
      'fields',
      order.fields.map((field) =>
        jsonObject([
          ['transform', formatTransform(field.transform)],
          ...sourceIdEntries(field.sourceIds),
          ['direction', field.direction],
          ['null-order', field.nullOrder],
          ...(field.extra ?? []),
        ]),
      ),
    ],
    ...(order.extra ?? []),
  ])
}
