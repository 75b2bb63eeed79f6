import { CorruptData, Unsupported } from '../errors.js'
import type {
  EdgeAlgorithm,
  PrimitiveType,
  SimplePrimitiveName,
  Type,
  VariantType,
} from './type.js'

const SIMPLE_NAMES: ReadonlySet<string> = new Set<SimplePrimitiveName>([
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'timestamp_ns',
  'timestamptz_ns',
  'string',
  'uuid',
  'binary',
  'unknown',
])

const EDGE_ALGORITHMS: ReadonlySet<string> = new Set<EdgeAlgorithm>([
  'spherical',
  'vincenty',
  'thomas',
  'andoyer',
  'karney',
])

/** The CRS that a geometry or geography without one has (spec: "Primitive Types"). */
export const DEFAULT_CRS = 'OGC:CRS84'
export const DEFAULT_EDGE_ALGORITHM: EdgeAlgorithm = 'spherical'

/** Largest decimal precision (spec: "Primitive Types"). */
export const DECIMAL_PRECISION_MAX = 38

/** Largest length of a fixed: it is a 32-bit integer everywhere. */
const FIXED_LENGTH_MAX = 0x7fff_ffff

const TYPE_TEXT_MAX = 1024
/** Leaves room for the rest of the text of a geography. */
const CRS_MAX = TYPE_TEXT_MAX - 64
const DECIMAL = /^decimal\s*\(\s*([0-9]{1,3})\s*,\s*([0-9]{1,3})\s*\)$/i
const FIXED = /^fixed\s*\[\s*([0-9]{1,10})\s*\]$/i
const GEOMETRY = /^geometry(?:\s*\(([^()]*)\))?$/i
const GEOGRAPHY = /^geography(?:\s*\(([^(),]*)(?:,([^(),]*))?\))?$/i

const PARAMETERIZED: ReadonlySet<string> = new Set([
  'decimal',
  'fixed',
  'geometry',
  'geography',
  'variant',
  'struct',
  'list',
  'map',
])

/** Whether a text is the name of a type. */
export function isTypeKind(kind: unknown): kind is Type['kind'] {
  return typeof kind === 'string' && (isSimpleName(kind) || PARAMETERIZED.has(kind))
}

function isSimpleName(text: string): text is SimplePrimitiveName {
  return SIMPLE_NAMES.has(text)
}

function isEdgeAlgorithm(text: string): text is EdgeAlgorithm {
  return EDGE_ALGORITHMS.has(text)
}

/**
 * Parses the text form of a primitive type or `variant` (spec: Appendix C, "Schemas"). Whitespace
 * around parameters and letter case are tolerated, as in the reference.
 *
 * @throws CorruptData for parameters that are out of range.
 * @throws Unsupported for a type that this version of moraine does not know.
 */
export function parseTypeText(text: string): PrimitiveType | VariantType {
  if (text.length > TYPE_TEXT_MAX) {
    throw new CorruptData(`type text of ${text.length} characters is too long`)
  }
  const trimmed = text.trim()
  const lower = trimmed.toLowerCase()
  if (isSimpleName(lower)) return { kind: lower }
  if (lower === 'variant') return { kind: 'variant' }
  return parseParameterized(trimmed)
}

function parseParameterized(text: string): PrimitiveType {
  const decimal = DECIMAL.exec(text)
  if (decimal !== null) return parseDecimalType(Number(decimal[1]), Number(decimal[2]), text)
  const fixed = FIXED.exec(text)
  if (fixed !== null) {
    const length = Number(fixed[1])
    if (length > FIXED_LENGTH_MAX) throw new CorruptData(`length of ${text} is out of range`)
    return { kind: 'fixed', length }
  }
  const geometry = GEOMETRY.exec(text)
  if (geometry !== null) return { kind: 'geometry', crs: optionalText(geometry[1]) }
  const geography = GEOGRAPHY.exec(text)
  if (geography !== null) {
    const algorithm = optionalText(geography[2])?.toLowerCase()
    if (algorithm !== undefined && !isEdgeAlgorithm(algorithm)) {
      throw new CorruptData(`unknown edge algorithm in type ${text}`)
    }
    return { kind: 'geography', crs: optionalText(geography[1]), algorithm }
  }
  throw new Unsupported('type', `unknown type '${text.slice(0, 80)}'`)
}

function parseDecimalType(precision: number, scale: number, text: string): PrimitiveType {
  if (precision < 1 || precision > DECIMAL_PRECISION_MAX || scale > DECIMAL_PRECISION_MAX) {
    throw new CorruptData(
      `precision of ${text} must be 1 to ${DECIMAL_PRECISION_MAX} and its scale at most ${DECIMAL_PRECISION_MAX}`,
    )
  }
  return { kind: 'decimal', precision, scale }
}

function optionalText(text: string | undefined): string | undefined {
  const trimmed = text?.trim()
  return trimmed === undefined || trimmed === '' ? undefined : trimmed
}

/**
 * Why the parameters of a type cannot be written so that everybody reads them back; undefined where
 * they can. Types that are parsed are always fine, those made in code may hold anything.
 */
export function parameterProblem(type: Type): string | undefined {
  switch (type.kind) {
    case 'decimal':
      return decimalProblem(type.precision, type.scale)
    case 'fixed':
      return wholeProblem(type.length, 1, FIXED_LENGTH_MAX, 'length of a fixed')
    case 'geometry':
      return crsProblem(type.crs, /^[^()]*$/, '( )')
    case 'geography':
      return crsProblem(type.crs, /^[^(),]*$/, '( ) ,') ?? edgeProblem(type.algorithm)
    default:
      return undefined
  }
}

function decimalProblem(precision: unknown, scale: unknown): string | undefined {
  return (
    wholeProblem(precision, 1, DECIMAL_PRECISION_MAX, 'precision of a decimal') ??
    wholeProblem(scale, 0, precision as number, 'scale of a decimal')
  )
}

function wholeProblem(value: unknown, min: number, max: number, what: string): string | undefined {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return
  return `${what} must be a whole number from ${min} to ${max}, not ${String(value)}`
}

/** The text of a type has its parameters as they are: nothing in them is escaped. */
function crsProblem(crs: unknown, allowed: RegExp, excluded: string): string | undefined {
  if (crs === undefined) return undefined
  if (typeof crs !== 'string' || crs === '' || crs !== crs.trim()) {
    return `a CRS is a text such as 'EPSG:3857' without spaces around it, or left out for ${DEFAULT_CRS}`
  }
  if (!allowed.test(crs)) return `a CRS cannot hold any of ${excluded}: '${crs.slice(0, 80)}'`
  return crs.length > CRS_MAX ? `a CRS of ${crs.length} characters is too long` : undefined
}

function edgeProblem(algorithm: unknown): string | undefined {
  if (algorithm === undefined) return undefined
  if (typeof algorithm === 'string' && isEdgeAlgorithm(algorithm)) return undefined
  const known = [...EDGE_ALGORITHMS].join(', ')
  return `an edge algorithm is one of ${known}, not '${String(algorithm).slice(0, 80)}'`
}

/**
 * The text of a type: for primitives and variant the canonical form that schemas store, for nested
 * types a readable form for messages, such as `list<string>`.
 */
export function formatType(type: Type): string {
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`
    case 'fixed':
      return `fixed[${type.length}]`
    case 'geometry':
      return type.crs === undefined ? 'geometry' : `geometry(${type.crs})`
    case 'geography':
      if (type.algorithm !== undefined) {
        return `geography(${type.crs ?? DEFAULT_CRS}, ${type.algorithm})`
      }
      return type.crs === undefined ? 'geography' : `geography(${type.crs})`
    case 'struct':
      return `struct<${type.fields.map((field) => `${field.name}: ${formatType(field.type)}`).join(', ')}>`
    case 'list':
      return `list<${formatType(type.element)}>`
    case 'map':
      return `map<${formatType(type.key)}, ${formatType(type.value)}>`
    default:
      return type.kind
  }
}

/** Whether a type is primitive: neither nested nor variant. */
export function isPrimitive(type: Type): type is PrimitiveType {
  return (
    type.kind !== 'struct' && type.kind !== 'list' && type.kind !== 'map' && type.kind !== 'variant'
  )
}
