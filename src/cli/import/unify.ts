import { InvalidArgument } from '../../errors.js'
import type { Type } from '../../types/type.js'
import { formatType } from '../../types/type-text.js'
import type { FoundColumn, ImportSource } from './source.js'

/** Pairs of types, narrow then wide, where the wide one holds every value of the narrow one. */
const WIDER: ReadonlyMap<string, string> = new Map([
  ['int', 'long'],
  ['float', 'double'],
  ['date', 'timestamp'],
])

/** One list of columns for several files; columns are matched by name. */
export function unifyColumns(
  sources: readonly ImportSource[],
  found: readonly (readonly FoundColumn[])[],
): readonly FoundColumn[] {
  const columns = new Map<string, Type>()
  for (const [index, file] of found.entries()) {
    for (const { name, type } of file) {
      const before = columns.get(name)
      columns.set(
        name,
        before === undefined ? type : wider(name, before, type, sources[index]!.path),
      )
    }
  }
  return [...columns].map(([name, type]) => ({ name, type }))
}

function wider(name: string, a: Type, b: Type, path: string): Type {
  // The text of a type has no ids, which differ from file to file.
  if (formatType(a) === formatType(b)) return a
  if (WIDER.get(a.kind) === b.kind) return b
  if (WIDER.get(b.kind) === a.kind) return a
  if (isText(path) && a.kind !== 'struct' && b.kind !== 'struct') {
    const numeric = [a, b].every(({ kind }) => kind === 'long' || kind === 'double')
    return { kind: numeric ? 'double' : 'string' }
  }
  throw new InvalidArgument(
    `column "${name}" is ${formatType(a)} in one file and ${formatType(b)} in ${path}; import them apart or give it a --type`,
  )
}

/** Text files have no types of their own, so a wider reading is no loss. */
function isText(path: string): boolean {
  return !path.toLowerCase().endsWith('.parquet')
}
