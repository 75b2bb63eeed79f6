import { defaultLimits } from '../env/limits.js'
import { InvalidArgument } from '../errors.js'
import { checkChoice, checkOptions } from '../util/check-options.js'

/** What `connect` and `openTable` both take, as far as it was given; values of any kind. */
interface ConnectionOptions {
  readonly workers?: unknown
  readonly memoryLimit?: unknown
  readonly readRoots?: unknown
  readonly writeRoots?: unknown
  readonly limits?: unknown
  readonly storeCalls?: unknown
  readonly storeCacheBytes?: unknown
  readonly unsafeNoSync?: unknown
}

/** Throws `InvalidArgument` naming the option whose value cannot be meant. */
export function checkConnection(options: ConnectionOptions, where: string): void {
  const { workers, memoryLimit, limits, storeCalls, storeCacheBytes, unsafeNoSync } = options
  const bad = (option: string, want: string): never => {
    throw new InvalidArgument(`${where}: option \`${option}\` must be ${want}`, {
      details: { where, option },
    })
  }
  if (workers !== undefined && !(isWhole(workers) && workers <= 256)) {
    bad('workers', 'an integer from 0 to 256')
  }
  if (memoryLimit !== undefined && !(typeof memoryLimit === 'number' && memoryLimit > 0)) {
    bad('memoryLimit', 'a number of bytes above 0')
  }
  if (
    storeCalls !== undefined &&
    !(isWhole(storeCalls) && storeCalls >= 1 && storeCalls <= 10_000)
  ) {
    bad('storeCalls', 'an integer from 1 to 10000')
  }
  if (storeCacheBytes !== undefined && !isWhole(storeCacheBytes)) {
    bad('storeCacheBytes', 'a whole number of bytes, not negative')
  }
  for (const option of ['readRoots', 'writeRoots'] as const) {
    const roots = options[option]
    if (roots !== undefined && !isTexts(roots)) bad(option, 'an array of locations')
  }
  checkChoice(unsafeNoSync, 'unsafeNoSync', [true, false], where)
  checkOptions(limits, Object.keys(defaultLimits), `${where}: limits`)
  for (const [name, value] of Object.entries(limits ?? {})) {
    if (value !== undefined && !isWhole(value))
      bad(`limits.${name}`, 'a whole number, not negative')
  }
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '')
}
