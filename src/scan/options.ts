import type { RowOptions } from '../arrow/row-reader.js'
import { InvalidArgument } from '../errors.js'
import type { Predicate } from '../expr/predicate.js'
import type { ConversionOptions } from '../types/from-datum.js'
import { checkChoice, checkOptions } from '../util/check-options.js'
import type { ColumnPath } from './projection.js'

/** What to read, and how. Unknown options are errors. */
export interface ScanOptions {
  /**
   * Columns in the order wanted, by name or path; every column when left out. The metadata columns
   * `_file`, `_pos`, `_spec_id`, `_partition` and `_deleted` can be named too.
   */
  readonly select?: readonly ColumnPath[]
  readonly where?: Predicate
  /** Rows at most. */
  readonly limit?: number
  /**
   * Rows in the order of the manifests and of the files: the newest append first, within it file by
   * file as they were written, within a file as the rows were written. That is no sort by values.
   * Default false: as they are ready.
   */
  readonly ordered?: boolean
  /** Column names match by case. Default true. */
  readonly caseSensitive?: boolean
  readonly signal?: AbortSignal
  /** Bytes of decoded and stored row groups in work at a time. Default 512 MiB. */
  readonly memoryLimit?: number
  /** `'int64'`: decimals of up to 18 digits as their unscaled value in 64-bit integers. */
  readonly decimals?: 'decimal128' | 'int64'
  /** `'dictionary'`: string columns as dictionaries of Utf8 with Int32 keys. */
  readonly strings?: 'utf8' | 'dictionary'
}

const ALLOWED = [
  'select',
  'where',
  'limit',
  'ordered',
  'caseSensitive',
  'signal',
  'memoryLimit',
  'decimals',
  'strings',
]

/** Throws `InvalidArgument` for options that are unknown or of the wrong kind. */
export function checkScanOptions(options: ScanOptions): void {
  checkOptions(options, ALLOWED, 'scan()')
  const { limit, memoryLimit, select, decimals, strings } = options
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new InvalidArgument(`scan() takes a \`limit\` of 0 or more whole rows, not ${limit}`)
  }
  if (memoryLimit !== undefined && !(memoryLimit > 0)) {
    throw new InvalidArgument(`scan() takes a \`memoryLimit\` in bytes above 0, not ${memoryLimit}`)
  }
  if (select !== undefined && !(Array.isArray(select) && select.every(isPath))) {
    throw new InvalidArgument('scan() takes `select` as an array of column names or paths')
  }
  checkChoice(decimals, 'decimals', ['decimal128', 'int64'], 'scan()')
  checkChoice(strings, 'strings', ['utf8', 'dictionary'], 'scan()')
  checkChoice(options.ordered, 'ordered', [true, false], 'scan()')
  checkChoice(options.caseSensitive, 'caseSensitive', [true, false], 'scan()')
}

function isPath(path: unknown): boolean {
  const texts = Array.isArray(path) ? path : [path]
  return texts.length > 0 && texts.every((text) => typeof text === 'string')
}

/** Every choice that `rows()` and `toArray()` take: a new one does not compile without its values. */
const ROW_CHOICES: { readonly [K in keyof ConversionOptions | 'as']-?: readonly string[] } = {
  timestamps: ['string', 'date', 'bigint'],
  longs: ['bigint', 'number'],
  decimals: ['string', 'number'],
  maps: ['map', 'object'],
  variants: ['value', 'binary'],
  as: ['rows', 'json'],
}

/**
 * Throws `InvalidArgument` for options of `rows()` and `toArray()` that are unknown, have a value
 * that is unknown, or ask for another form of values in JSON, whose form is fixed.
 */
export function checkRowOptions(options: unknown, where: string): void {
  checkOptions(options, Object.keys(ROW_CHOICES), where)
  if (options === undefined) return
  const given = new Map<string, unknown>(Object.entries(options))
  for (const [option, value] of given) {
    checkChoice(value, option, ROW_CHOICES[option as keyof typeof ROW_CHOICES], where)
    if (option !== 'as' && value !== undefined && given.get('as') === 'json') {
      throw new InvalidArgument(
        `${where}: \`as: 'json'\` is the canonical form of rows and takes no \`${option}\``,
        { details: { where, option } },
      )
    }
  }
}

/** How `rows()` and `toArray()` show values; `as: 'json'` is the canonical lossless JSON form. */
export interface ScanRowOptions extends RowOptions {
  readonly as?: 'rows' | 'json'
}
