import { foldVariant, type VariantDatum, type VariantFold } from '../codec/variant/fold.js'
import type { VariantLimits, VariantScalarKind } from '../codec/variant/layout.js'
import type { VariantMetadata } from '../codec/variant/metadata.js'
import { ValidationError } from '../errors.js'
import { type ConversionOptions, fromDatumFn } from './from-datum.js'
import { isInheritedName, setOwnValue } from './own-value.js'
import { scalarOf } from './variant-scalar.js'

/**
 * The plain JavaScript value of a variant: null, booleans, strings, arrays, objects, `Uint8Array`
 * for binary, numbers for integers and floating point, bigints for integers beyond the safe ones,
 * and `VariantScalar` for decimals, dates, times, timestamps and UUIDs.
 *
 * @throws CorruptData, LimitExceeded, Unsupported for bytes that cannot be read
 * @throws ValidationError when an option would lose digits
 */
export function variantValue(
  metadata: VariantMetadata,
  value: Uint8Array,
  options: ConversionOptions,
  limits: VariantLimits,
): unknown {
  return foldVariant(metadata, value, foldFor(options), limits)
}

const folds = new WeakMap<ConversionOptions, VariantFold<unknown>>()

function foldFor(options: ConversionOptions): VariantFold<unknown> {
  let fold = folds.get(options)
  if (fold === undefined) {
    fold = { scalar: scalarFor(options), array: (items) => items, object: objectOf }
    folds.set(options, fold)
  }
  return fold
}

/** Every name becomes a member of the object's own, `__proto__` too. */
function objectOf(names: readonly string[], values: readonly unknown[]): object {
  const object: Record<string, unknown> = {}
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string
    if (isInheritedName(name)) setOwnValue(object, name, values[i])
    else object[name] = values[i]
  }
  return object
}

function scalarFor(options: ConversionOptions): VariantFold<unknown>['scalar'] {
  const dateUs = fromDatumFn({ kind: 'timestamptz' }, options)
  const dateNs = fromDatumFn({ kind: 'timestamptz_ns' }, options)
  const asDate = options.timestamps === 'date'
  return (kind, datum, scale) => {
    switch (kind) {
      case 'null':
      case 'boolean':
      case 'string':
      case 'float':
      case 'double':
        return datum
      case 'binary':
        return (datum as Uint8Array).slice()
      case 'int8':
      case 'int16':
      case 'int32':
      case 'int64':
        return integer(datum as number | bigint, options.longs)
      case 'decimal':
        if (options.decimals !== 'number') return scalarOf(kind, datum, scale)
        return decimalNumber(datum as bigint, scale)
      case 'timestamptz':
        return asDate ? dateUs(datum as bigint) : scalarOf(kind, datum, scale)
      case 'timestamptz_ns':
        return asDate ? dateNs(datum as bigint) : scalarOf(kind, datum, scale)
      default:
        return tagged(kind, datum, scale)
    }
  }
}

function tagged(
  kind: Exclude<VariantScalarKind, 'null' | 'boolean' | 'string' | 'binary'>,
  datum: VariantDatum,
  scale: number,
): unknown {
  return scalarOf(kind, datum, scale)
}

/** The width of an integer says nothing of its type: writers take the least that holds the value. */
function integer(datum: number | bigint, longs: ConversionOptions['longs']): number | bigint {
  if (longs === 'bigint') return BigInt(datum)
  const number = Number(datum)
  if (Number.isSafeInteger(number)) return number
  if (longs === undefined) return datum
  throw new ValidationError(
    `integer ${datum} cannot be given exactly; drop the option longs: 'number'`,
    { details: { value: String(datum) } },
  )
}

const decimalKind = { kind: 'decimal', precision: 38 } as const

function decimalNumber(datum: bigint, scale: number): unknown {
  return fromDatumFn({ ...decimalKind, scale }, { decimals: 'number' })(datum)
}
