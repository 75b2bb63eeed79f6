import { checkVariant } from '../codec/variant/fold.js'
import type { VariantLimits } from '../codec/variant/layout.js'
import { MetadataReader, VariantMetadata } from '../codec/variant/metadata.js'
import { defaultLimits } from '../env/limits.js'
import type { ConversionOptions } from './from-datum.js'
import { variantJson } from './variant-json.js'
import { variantValue } from './variant-value.js'
import { encodeVariant } from './variant-write.js'

/**
 * One variant as it is stored: its dictionary of names and its value in the Variant binary encoding.
 * Reads give these instead of plain values with `{ variants: 'binary' }`, writes accept both. So a
 * variant can be handed on byte for byte, and a variant null told from a column's null.
 */
export class Variant {
  readonly metadata: Uint8Array
  readonly value: Uint8Array

  /** Takes the two parts as they are; use {@link Variant.check} on those of others. */
  constructor(metadata: Uint8Array, value: Uint8Array) {
    this.metadata = metadata
    this.value = value
  }

  /**
   * Encodes a plain value: what a write would accept for a variant column. `Variant.of(null)` is the
   * variant null.
   *
   * @throws ValidationError for what no variant holds, LimitExceeded
   */
  static of(value: unknown, limits: VariantLimits = defaultLimits): Variant {
    if (value instanceof Variant) return value
    const parts = encodeVariant(value, limits)
    return new Variant(parts.metadata, parts.value)
  }

  /** The plain value. @throws CorruptData, LimitExceeded, ValidationError when an option would lose */
  toValue(options: ConversionOptions = {}, limits: VariantLimits = defaultLimits): unknown {
    const metadata = new VariantMetadata(this.metadata, limits)
    return variantValue(metadata, this.value, options, limits)
  }

  /** The value as JSON text, in the form that Spark prints. @throws CorruptData, LimitExceeded */
  toJsonText(limits: VariantLimits = defaultLimits): string {
    return variantJson(new VariantMetadata(this.metadata, limits), this.value, limits)
  }

  /** @throws CorruptData, LimitExceeded, Unsupported unless both parts can be read */
  check(limits: VariantLimits = defaultLimits): void {
    checkVariant(new VariantMetadata(this.metadata, limits), this.value, limits)
  }
}

/** Reads the plain values of variants one after the other. */
export function variantReader(
  options: ConversionOptions,
  limits: VariantLimits = defaultLimits,
): (metadata: Uint8Array, value: Uint8Array) => unknown {
  const reader = new MetadataReader(limits)
  return (metadata, value) => variantValue(reader.read(metadata), value, options, limits)
}
