import { InvalidArgument } from '../errors.js'

/** Throws `InvalidArgument` for a key that `where` does not take, and names the nearest one it does. */
export function checkOptions(
  options: unknown,
  allowed: readonly string[],
  where: string,
): asserts options is object | undefined {
  if (options === undefined) return
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidArgument(`${where} takes an options object`, { details: { where } })
  }
  for (const [key, value] of Object.entries(options)) {
    if (key === 'signal' && value !== undefined && !(value instanceof AbortSignal)) {
      throw new InvalidArgument(`${where}: option \`signal\` must be an AbortSignal`, {
        details: { where, option: key },
      })
    }
    if (allowed.includes(key)) continue
    const near = nearest(key, allowed)
    const hint = near === undefined ? `it takes ${allowed.join(', ')}` : `did you mean \`${near}\`?`
    throw new InvalidArgument(`${where} has no option \`${key}\`; ${hint}`, {
      details: { where, option: key },
    })
  }
}

/** Throws `InvalidArgument` unless the option is left out or one of `choices`. */
export function checkChoice(
  value: unknown,
  option: string,
  choices: readonly (string | boolean)[],
  where: string,
): void {
  if (value === undefined || choices.some((choice) => choice === value)) return
  const wanted = choices.map((choice) => (typeof choice === 'string' ? `'${choice}'` : choice))
  const near = typeof value === 'string' ? nearest(value, choices.map(String)) : undefined
  const hint = near === undefined ? '' : `; did you mean '${near}'?`
  throw new InvalidArgument(
    `${where}: option \`${option}\` must be ${wanted.join(' or ')}${hint}`,
    {
      details: { where, option },
    },
  )
}

/** The candidate closest to `word` by edit distance, when it is close enough to be a slip. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3))
  let best: string | undefined
  let bestDistance = limit + 1
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Levenshtein distance, or `bound` once it is surely reached. */
function editDistance(a: string, b: string, bound: number): number {
  if (Math.abs(a.length - b.length) >= bound || a.length > 200) return bound
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? bound
}
