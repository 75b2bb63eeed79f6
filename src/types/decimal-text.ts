const POWERS: bigint[] = [1n]
for (let i = 1; i <= 76; i++) POWERS.push((POWERS[i - 1] as bigint) * 10n)

/** 10 to the power of an exponent of 0 to 76. */
export function powerOfTen(exponent: number): bigint {
  return POWERS[exponent] ?? 10n ** BigInt(exponent)
}

/** `12.50` from the unscaled 1250 and scale 2: all fraction digits, no exponent. */
export function formatDecimal(unscaled: bigint, scale: number): string {
  if (scale === 0) return unscaled.toString()
  const negative = unscaled < 0n
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** An exact decimal number: `unscaled` × 10^−`scale`; the scale may be negative. */
export interface ExactNumber {
  readonly unscaled: bigint
  readonly scale: number
}

const DECIMAL_TEXT = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,5}))?$/
const DECIMAL_TEXT_MAX = 400

/** The exact value of a decimal text with or without an exponent, or `undefined`. */
export function parseExactNumber(text: string): ExactNumber | undefined {
  if (text.length > DECIMAL_TEXT_MAX) return undefined
  const match = DECIMAL_TEXT.exec(text)
  if (match === null) return undefined
  const whole = match[2] ?? ''
  const fraction = match[3] ?? ''
  if (whole === '' && fraction === '') return undefined
  const magnitude = BigInt(whole + fraction)
  const exponent = match[4] === undefined ? 0 : Number(match[4])
  return {
    unscaled: match[1] === '-' ? -magnitude : magnitude,
    scale: fraction.length - exponent,
  }
}

/**
 * The unscaled value of an exact number at a scale, with `exact` false when digits were dropped
 * (rounded towards minus infinity). `undefined` when it would be absurdly large.
 */
export function rescale(
  value: ExactNumber,
  scale: number,
): { readonly floor: bigint; readonly exact: boolean } | undefined {
  if (value.unscaled === 0n) return { floor: 0n, exact: true }
  const shift = scale - value.scale
  if (shift >= 0) {
    if (shift > DECIMAL_TEXT_MAX) return undefined
    return { floor: value.unscaled * powerOfTen(shift), exact: true }
  }
  if (-shift > DECIMAL_TEXT_MAX * 2) {
    return { floor: value.unscaled < 0n ? -1n : 0n, exact: false }
  }
  const divisor = powerOfTen(-shift)
  const quotient = value.unscaled / divisor
  const remainder = value.unscaled - quotient * divisor
  if (remainder === 0n) return { floor: quotient, exact: true }
  return { floor: remainder < 0n ? quotient - 1n : quotient, exact: false }
}

/** Whether an unscaled value has at most `precision` digits. */
export function fitsPrecision(unscaled: bigint, precision: number): boolean {
  const limit = powerOfTen(precision)
  return unscaled < limit && unscaled > -limit
}

/**
 * The unscaled value of a decimal text, or `undefined` when it is no number, has digits beyond the
 * scale that are not zero, or has more digits than the precision.
 */
export function parseDecimal(text: string, precision: number, scale: number): bigint | undefined {
  const quick = parsePlainDecimal(text, precision, scale)
  if (quick !== undefined) return quick
  const exact = parseExactNumber(text)
  if (exact === undefined) return undefined
  const scaled = rescale(exact, scale)
  if (scaled === undefined || !scaled.exact || !fitsPrecision(scaled.floor, precision)) {
    return undefined
  }
  return scaled.floor
}

/** The common case without regular expressions: at most 15 digits and exactly `scale` decimals. */
function parsePlainDecimal(text: string, precision: number, scale: number): bigint | undefined {
  const length = text.length
  if (length > 16) return undefined
  const negative = text.charCodeAt(0) === 45
  const start = negative ? 1 : 0
  const point = scale === 0 ? length : length - scale - 1
  if (point <= start || length - start > 16) return undefined
  let value = 0
  let digits = 0
  for (let i = start; i < length; i++) {
    const code = text.charCodeAt(i)
    if (i === point) {
      if (code !== 46) return undefined
      continue
    }
    if (code < 48 || code > 57) return undefined
    value = value * 10 + (code - 48)
    if (value > 0) digits++
  }
  if (digits > 15 || digits > precision) return undefined
  return BigInt(negative ? -value : value)
}
