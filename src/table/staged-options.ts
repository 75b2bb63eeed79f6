import { InvalidArgument } from '../errors.js'

/** Options that say how a commit is made: inside a transaction there is one for all changes. */
const OF_THE_COMMIT = {
  ifSnapshot: 'give it to `transaction`',
  retryConflicts: 'run the transaction again, with a newer handle',
  groupCommit: 'a transaction is one commit already',
} as const

/** Refuses options of one change in a transaction that only a call of its own can keep. Throws `InvalidArgument`. */
export function checkStaged(options: object | undefined, where: string): void {
  for (const [option, advice] of Object.entries(OF_THE_COMMIT)) {
    if ((options as Record<string, unknown> | undefined)?.[option] === undefined) continue
    throw new InvalidArgument(
      `${where}: a change in a transaction has no \`${option}\` of its own: ${advice}`,
      { details: { where, option } },
    )
  }
}
