import { CommitConflict, CommitStateUnknown, connect, MoraineError, t } from 'moraine'

const catalog = await connect('./warehouse')
const events = await catalog.createTable('app.events', {
  schema: { id: t.long(), what: t.string() },
})
await events.append([{ id: 1, what: 'start' }])

// Another process works on the same table: both handles append, none of the rows is lost.
const other = await catalog.loadTable('app.events')
await Promise.all([
  events.append([{ id: 2, what: 'mine' }]),
  other.append([{ id: 3, what: 'theirs' }]),
])
await events.refresh()
console.log(`${await events.scan().count()} rows`)

// What must not be retried behind one's back is refused: the head is no longer the one expected.
try {
  const { currentSnapshotId } = events
  await other.append([{ id: 4, what: 'faster' }])
  if (currentSnapshotId !== undefined) {
    await events.overwrite([], { all: true, ifSnapshot: currentSnapshotId })
  }
} catch (error) {
  if (error instanceof CommitStateUnknown) console.log('settle later:', error.token)
  else if (error instanceof CommitConflict) console.log('surely not committed; reload and decide')
  else throw error instanceof MoraineError ? error : new Error('not ours', { cause: error })
}
await catalog.close()
