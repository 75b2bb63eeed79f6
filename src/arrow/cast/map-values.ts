/** The kernel of casts between fixed-width types: value by value into a fresh column. */
import type { Data, DataType } from 'apache-arrow'
import { describeValue } from '../../types/value-error.js'
import { BadValue } from '../build/column-builder.js'
import { copyValidity } from '../compact.js'
import { makeColumn, validAt, validityOf } from '../layout.js'
import { rangeHint, rawText, typeName } from '../type-name.js'

/** A raw value of a column: what its typed array holds. */
export type Raw = number | bigint

/** A value that a cast would change. */
export function refuse(index: number, value: unknown, to: DataType | string): never {
  throw badValue(index, value, describeValue(value), to)
}

function badValue(index: number, value: unknown, shown: string, to: DataType | string): BadValue {
  const name = typeof to === 'string' ? to : typeName(to)
  const hint = typeof to === 'string' ? '' : rangeHint(to)
  return new BadValue(index, [], value, `${shown} does not fit ${name}${hint}`)
}

/** Casts every value that is not null; `convert` gives undefined for one that does not fit. */
export function mapValues(data: Data, to: DataType, convert: (raw: Raw) => Raw | undefined): Data {
  const { length } = data
  const values = new (to.ArrayType as new (length: number) => (Raw | undefined)[])(length)
  const from = data.values as ArrayLike<Raw>
  const valid = validityOf(data) === undefined ? undefined : validAt(data)
  for (let i = 0; i < length; i++) {
    if (valid !== undefined && !valid(i)) continue
    const raw = from[i] as Raw
    const converted = convert(raw)
    if (converted === undefined) throw badValue(i, raw, rawText(data.type, raw), to)
    values[i] = converted
  }
  return makeColumn(to, length, data.nullCount, {
    validity: copyValidity(data),
    values: values as unknown as ArrayBufferView,
  })
}
