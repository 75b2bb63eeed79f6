import { formatDecimal } from '../../types/decimal-text.js'

/** Texts of numbers and bytes as Java's `toString` gives them, for partition paths. */

/** `Double.toString`: `1.0`, `1.0E10`, `NaN`. */
export function doubleText(value: number): string {
  return floatingText(value, value.toExponential())
}

/** `Float.toString`: the fewest digits that give the float back. */
export function floatText(value: number): string {
  for (let digits = 0; digits < 9; digits++) {
    const text = value.toExponential(digits)
    if (Math.fround(Number(text)) === value) return floatingText(value, text)
  }
  return floatingText(value, value.toExponential())
}

function floatingText(value: number, exponential: string): string {
  if (!Number.isFinite(value)) return String(value)
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const size = Math.abs(value)
  const [mantissa, exponent] = exponential.split('e') as [string, string]
  if (size >= 1e-3 && size < 1e7) return plain(mantissa, Number(exponent))
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`
}

function plain(mantissa: string, exponent: number): string {
  const negative = mantissa.startsWith('-')
  const digits = mantissa.replace(/[-.]/g, '')
  const padded = exponent < 0 ? '0'.repeat(-exponent) + digits : digits.padEnd(exponent + 1, '0')
  const point = Math.max(exponent, 0) + 1
  const fraction = padded.slice(point)
  return `${negative ? '-' : ''}${padded.slice(0, point)}.${fraction === '' ? '0' : fraction}`
}

/** `BigDecimal.toString`: plain unless the value is below 10^-6. */
export function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString()
  const adjusted = digits.length - 1 - scale
  if (scale === 0 || adjusted >= -6) return formatDecimal(unscaled, scale)
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
  return `${unscaled < 0n ? '-' : ''}${digits[0]}${fraction}E${adjusted}`
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Base64 with padding. */
export function base64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    const left = bytes.length - i
    text += BASE64.charAt(group >> 18) + BASE64.charAt((group >> 12) & 63)
    text += left > 1 ? BASE64.charAt((group >> 6) & 63) : '='
    text += left > 2 ? BASE64.charAt(group & 63) : '='
  }
  return text
}
