import { InvalidArgument } from '../../errors.js'
import { RESERVED_PROPERTIES } from '../../format/properties.js'
import type { MetadataUpdate } from '../../format/update.js'
import type { Action } from '../action.js'

export interface UpdateProperties {
  readonly set?: ReadonlyMap<string, string>
  readonly remove?: readonly string[]
}

/** Sets and removes table properties. Valid on every base; the last writer of a property wins. */
export function updateProperties({ set = new Map(), remove = [] }: UpdateProperties): Action {
  for (const name of [...set.keys(), ...remove]) {
    if (name === '') throw new InvalidArgument('the name of a property is empty')
    if (!RESERVED_PROPERTIES.has(name)) continue
    const hint = name === 'format-version' ? ': upgrade the format instead' : ''
    throw new InvalidArgument(`'${name}' describes the table and cannot be set or removed${hint}`, {
      details: { property: name },
    })
  }
  const both = remove.find((name) => set.has(name))
  if (both !== undefined) {
    throw new InvalidArgument(`property '${both}' is both set and removed`)
  }
  const updates: MetadataUpdate[] = []
  if (set.size > 0) updates.push({ action: 'set-properties', set })
  if (remove.length > 0) updates.push({ action: 'remove-properties', remove })
  return {
    kind: 'update-properties',
    conflictsWith: [],
    snapshotId: () => undefined,
    apply: async () => ({ updates, requirements: [], files: [] }),
  }
}
