import { readableRowEncoder } from '../../types/encode-row.js'
import type { Field } from '../../types/type.js'

/** Turns a column's value into text; null stays null. */
export type CellText = (row: object) => string | null

/**
 * The texts of a column's values: the canonical form without the quotes that JSON puts around
 * texts, so numbers, dates and strings read as themselves and nested values as JSON.
 */
export function cellTexts(fields: readonly Field[]): readonly CellText[] {
  return fields.map((field) => {
    const encode = readableRowEncoder({ fields: [field] })
    const start = encode({}).length - 'null}'.length
    return (row) => {
      const text = encode(row).slice(start, -1)
      if (text === 'null') return null
      return text.startsWith('"') ? (JSON.parse(text) as string) : text
    }
  })
}
