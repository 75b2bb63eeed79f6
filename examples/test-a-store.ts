import { memoryStore, runHistory, type Store, storeConformance } from 'moraine/testing'

// Your own store here: an empty one each time it is asked for.
const emptyStore = (): Store => memoryStore()

const cases = storeConformance()
for (const { run } of cases) {
  await run({ store: emptyStore(), root: 'memory:/test' })
}
console.log('conforms')

// Several writers at a time, over faults of every kind; a seed always gives the same history.
for (let seed = 1; seed <= 10; seed++) {
  const { bad, operations, calls } = await runHistory(seed, { store: emptyStore })
  if (bad.length > 0) throw new Error(`seed ${seed}: ${bad.join('; ')}`)
  if (operations.length === 0 || calls < 100) throw new Error(`seed ${seed} does nothing`)
}
console.log('10 histories keep every promise')
