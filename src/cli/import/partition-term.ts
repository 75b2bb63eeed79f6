import { bucket, day, hour, identity, month, truncate, year } from '../../expr/terms.js'
import type { PartitionTerm } from '../../partition/terms.js'
import { nearest } from '../../util/check-options.js'
import { UsageError } from '../exit-code.js'

const BY_TIME = new Map([
  ['year', year],
  ['month', month],
  ['day', day],
  ['hour', hour],
  ['identity', identity],
])

/** A partition term as text: `city`, `month(date)`, `bucket(16, id)`, `truncate(4, name)`. */
export function parsePartitionTerm(text: string): PartitionTerm {
  const match = text.match(/^\s*([A-Za-z]+)\s*\((.*)\)\s*$/)
  if (match === null) {
    if (/[()]/.test(text)) throw notATerm(text, hint(text.split('(')[0]!))
    return text.trim()
  }
  const name = match[1]!.toLowerCase()
  const args = match[2]!.split(',').map((part) => part.trim())
  const column = args.at(-1)!
  const byTime = BY_TIME.get(name)
  if (byTime !== undefined && args.length === 1 && column !== '') return byTime(column)
  const width = Number(args[0])
  if ((name === 'bucket' || name === 'truncate') && args.length === 2 && width > 0) {
    return name === 'bucket' ? bucket(width, column) : truncate(width, column)
  }
  throw notATerm(text, hint(name))
}

function notATerm(text: string, advice: string): UsageError {
  return new UsageError(`"${text}" is no partition term; ${advice}`)
}

function hint(name: string): string {
  const near = nearest(name, [...BY_TIME.keys(), 'bucket', 'truncate'])
  if (near === 'bucket' || near === 'truncate') return `write ${near}(16, column)`
  return `write ${near ?? 'month'}(column)`
}
