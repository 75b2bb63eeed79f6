import { quoteJson } from '../codec/json/stringify.js'
import type { TableIdentifier } from '../commit/contract.js'
import { InvalidArgument } from '../errors.js'

/** How a table may be named: `'ns.table'`, `['ns', 'table']` or the identifier itself. */
export type TableName = string | readonly string[] | TableIdentifier

/**
 * The identifier that a name means: dots separate levels in a string; use an array for names that
 * hold dots. Throws `InvalidArgument`.
 */
export function parseIdentifier(name: TableName): TableIdentifier {
  if (isIdentifier(name)) return checkedIdentifier(name.namespace, name.name)
  const levels = parseNamespace(name)
  const last = levels.at(-1)
  if (last === undefined) throw new InvalidArgument('a table name is empty; write namespace.table')
  return checkedIdentifier(levels.slice(0, -1), last)
}

/** The levels of a namespace; `''`, `[]` and undefined are the root. Throws `InvalidArgument`. */
export function parseNamespace(namespace: string | readonly string[] | undefined): string[] {
  if (namespace === undefined || namespace === '') return []
  const levels = typeof namespace === 'string' ? namespace.split('.') : [...namespace]
  for (const level of levels) checkLevel(level)
  return levels
}

/** For messages: levels joined by dots, quoted where they hold one. */
export function identifierText(table: TableIdentifier): string {
  return namespaceText([...table.namespace, table.name])
}

export function namespaceText(levels: readonly string[]): string {
  return levels.map((level) => (level.includes('.') ? quoteJson(level) : level)).join('.')
}

function isIdentifier(name: TableName): name is TableIdentifier {
  return typeof name === 'object' && !Array.isArray(name)
}

function checkedIdentifier(namespace: readonly string[], name: string): TableIdentifier {
  for (const level of [...namespace, name]) checkLevel(level)
  return { namespace: [...namespace], name }
}

const LEVEL_LENGTH_MAX = 200
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const FORBIDDEN = /[/\\\u0000-\u001f\u007f]/

/** A level is one folder name wherever the catalog keeps tables in folders. */
function checkLevel(level: unknown): void {
  if (typeof level !== 'string') {
    throw new InvalidArgument('a name is made of strings: namespace.table, or an array of levels')
  }
  const why = badLevel(level)
  if (why === undefined) return
  throw new InvalidArgument(`the name ${quoteJson(level.slice(0, 200))} cannot be used: ${why}`)
}

function badLevel(level: string): string | undefined {
  if (level === '') return 'a part of it is empty'
  if (level.length > LEVEL_LENGTH_MAX) return `it is longer than ${LEVEL_LENGTH_MAX} characters`
  if (FORBIDDEN.test(level)) return 'slashes, backslashes and control characters are not allowed'
  if (level.startsWith('.')) return 'names that begin with a dot are reserved'
  if (level.includes('%')) return 'percent signs are not allowed'
  if (level !== level.trim()) return 'it begins or ends with a blank'
  if (/\p{Surrogate}/u.test(level)) return 'it is not well-formed Unicode'
  return undefined
}
