/** C20: the hash in a marker is what later questions are answered by, so that it may not come from a damaged answer. */
import { expect, test } from 'vitest'
import { retireSlot } from '../../../src/commit/retire.js'
import { parseSlot } from '../../../src/commit/slot-content.js'
import { seededEnv } from '../../../src/env/seeded-env.js'
import { encodeTableMetadata } from '../../../src/format/write-table-metadata.js'
import { memoryStore } from '../../../src/store/memory.js'
import type { Store } from '../../../src/store/store.js'
import { newSimTable } from '../../../src/testing/simulation/sim-table.js'
import { sha256Hex } from '../../../src/util/sha256.js'

const location = 'memory:/wh/ns/t'
const path = `${location}/metadata/v1.metadata.json`

/** A digit of the time stamp comes back as another, in the answers of these numbers. */
function damaging(store: Store, answers: ReadonlySet<number>): Store {
  let reads = 0
  return {
    ...bound(store),
    read: async (...call) => {
      const bytes = await store.read(...call)
      if (!answers.has(++reads)) return bytes
      const text = new TextDecoder().decode(bytes)
      const at = text.indexOf('"last-updated-ms":') + '"last-updated-ms":'.length
      const copy = bytes.slice()
      copy[at + 1] = (copy[at + 1] as number) ^ 1
      return copy
    },
  }
}

function bound(store: Store): Store {
  return {
    head: store.head.bind(store),
    read: store.read.bind(store),
    list: store.list.bind(store),
    create: store.create.bind(store),
    put: store.put.bind(store),
    writer: store.writer.bind(store),
    delete: store.delete.bind(store),
  }
}

test.each([[[1]], [[2]], [[1, 3]], [[]]])(
  'answers %j damaged: a retired marker never names another hash',
  async (answers) => {
    const env = seededEnv(1)
    const table = newSimTable(env, location, {
      properties: {},
      partitioned: false,
      formatVersion: 2,
    })
    const bytes = encodeTableMetadata(table)
    const memory = memoryStore({ env })
    await memory.put(path, bytes)
    const store = damaging(memory, new Set(answers))
    await retireSlot({ store, env, location }, path, 2)
    const left = await memory.read(path)
    const content = parseSlot(left, path, env.limits)
    if (content.kind === 'retired') expect(content.formerHash).toBe(sha256Hex(bytes))
    else expect(left).toEqual(bytes)
    expect(content.kind).toBe(answers.length > 0 ? 'metadata' : 'retired')
  },
)
