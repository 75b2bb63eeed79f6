// Compiled, not run: the types of the installed package as a strict project sees them.
import { and, type CommitConflict, col, connect, day, MoraineError, t } from 'moraine'

const catalog = await connect('./warehouse')
const trips = await catalog.createTable('nyc.trips', {
  schema: { id: t.long().required(), city: t.string(), fare: t.decimal(9, 2), at: t.timestamptz() },
  partitionBy: [day('at')],
})
await trips.append([{ id: 1, city: 'Oslo', fare: '12.50', at: '2026-01-31T10:00:00Z' }])

const rows = await trips
  .scan({ select: ['id', 'city'], where: and(col('fare').gt('10'), col('city').eq('Oslo')) })
  .toArray()
const id: bigint | undefined = rows[0]?.id
const city: string | null | undefined = rows[0]?.city

// @ts-expect-error the column was not selected
rows[0]?.fare
// @ts-expect-error an identifier column is required
await trips.append([{ city: 'Oslo' }])

export const settled = (error: unknown): error is CommitConflict =>
  error instanceof MoraineError && error.code === 'COMMIT_CONFLICT'
export { city, id }
