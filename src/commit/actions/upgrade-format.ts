import { InvalidArgument } from '../../errors.js'
import type { FormatVersion } from '../../format/model.js'
import { describeValue } from '../../types/value-error.js'
import type { Action } from '../action.js'

/** Raises the format version; nothing when it is that already. It never goes back. */
export function upgradeFormat(formatVersion: FormatVersion): Action {
  if (![1, 2, 3].includes(formatVersion)) {
    throw new InvalidArgument(
      `upgradeFormat takes the format version as the number 1, 2 or 3, not ${describeValue(formatVersion)}`,
      { details: { where: 'upgradeFormat', value: describeValue(formatVersion) } },
    )
  }
  return {
    kind: 'upgrade-format',
    conflictsWith: [],
    snapshotId: () => undefined,
    apply: async (base) => {
      if (formatVersion < base.formatVersion) {
        throw new InvalidArgument(
          `the table has format version ${base.formatVersion}: it cannot go back to ${formatVersion}`,
          { details: { formatVersion: base.formatVersion, wanted: formatVersion } },
        )
      }
      const done = formatVersion === base.formatVersion
      return {
        updates: done ? [] : [{ action: 'upgrade-format-version', formatVersion }],
        requirements: [],
        files: [],
      }
    },
  }
}
