import { parseJson } from '../../codec/json/parse.js'
import { JsonNumber, type JsonValue, longOf } from '../../codec/json/value.js'
import { defaultLimits } from '../../env/limits.js'
import { CorruptData, ValidationError } from '../../errors.js'
import { VariantScalar } from '../../types/variant-scalar.js'

/** Digits that a decimal inside a variant can have, before and after the point together. */
const DECIMAL_DIGITS_MAX = 38

/**
 * JSON as the value of a variant. Numbers are exact as with Spark's `parse_json`: whole ones are
 * integers, those with a point decimals, and doubles where they have an exponent or too many digits.
 */
export function variantOfJson(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return numberOf(value.text)
  if (value instanceof Map) {
    return new Map([...value].map(([name, item]) => [name, variantOfJson(item)]))
  }
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(variantOfJson)
  return value
}

/** The value of a variant from JSON text. Throws `ValidationError` for text that is none. */
export function variantOfText(text: string): unknown {
  try {
    return variantOfJson(parseJson(text, { limits: defaultLimits, path: 'a variant' }))
  } catch (cause) {
    if (!(cause instanceof CorruptData)) throw cause
    const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text
    throw new ValidationError(`${shown} is no JSON, which a variant is read from`, {
      cause,
      details: { value: shown },
    })
  }
}

function numberOf(text: string): unknown {
  if (/[eE]/.test(text)) return new VariantScalar('double', Number(text))
  const whole = longOf(text)
  if (whole !== undefined) return whole
  const digits = text.replace(/[-.]/g, '').replace(/^0+/, '')
  const fraction = text.split('.')[1] ?? ''
  const fits = digits.length <= DECIMAL_DIGITS_MAX && fraction.length <= DECIMAL_DIGITS_MAX
  return fits ? new VariantScalar('decimal', text) : new VariantScalar('double', Number(text))
}
