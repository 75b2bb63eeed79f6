/** The model of simulated tables: what it makes of true changes, and what it says of false ones. */
import { describe, expect, test } from 'vitest'
import type { Snapshot } from '../../src/format/model.js'
import { OPERATION_WEIGHTS } from '../../src/testing/simulation/draw-operation.js'
import {
  expectedState,
  type ModelState,
  type ModelWorld,
} from '../../src/testing/simulation/expected.js'
import type { Operation, Part } from '../../src/testing/simulation/operation.js'
import { runHistory } from '../../src/testing/simulation/run-history.js'

const MARK = 'mark'
const file = (name: string, key = 0) => ({ name, key, rows: 1 })

/** Main is at snapshot 2 (files a of key 0, b of key 1), whose parent is 1 (file a). */
function world(): ModelWorld {
  return {
    live: new Map([
      [1n, new Set(['a'])],
      [2n, new Set(['a', 'b'])],
    ]),
    deletes: new Map([[2n, new Map([['d', 'a']])]]),
    parents: new Map([
      [1n, undefined],
      [2n, 1n],
    ]),
    files: new Map([file('a'), file('b', 1), file('c')].map((item) => [item.name, item])),
    keys: new Map([[1n, 'job']]),
  }
}

const BEFORE: ModelState = {
  refs: new Map([
    ['main', 2n],
    ['side', 1n],
  ]),
  properties: new Map([['p', '1']]),
  columns: ['id', 'k'],
  fields: ['k'],
  version: [2],
}

interface Outcome {
  readonly bad: string
  readonly state: ModelState
  readonly world: ModelWorld
}

/** `made`: the ids of the snapshots that came of it, and their parents. */
function change(
  parts: readonly Part[],
  made: readonly (readonly [id: bigint, parent: bigint])[],
  more: Partial<Operation> = {},
): Outcome {
  const operation: Operation = { id: 'o', actor: 'a', kind: 'probe', parts, beganAt: 0, ...more }
  const snapshots = made.map(([snapshotId, parentSnapshotId]): Snapshot => {
    return { snapshotId, parentSnapshotId, sequenceNumber: 3n, timestampMs: 3 }
  })
  const bad: string[] = []
  const all = world()
  const state = expectedState(BEFORE, operation, snapshots, all, MARK, bad)
  return { bad: bad.join('\n'), state, world: all }
}

const branch = 'main'
const append: Part = { type: 'append', branch, files: [file('c')] }
const delta = {
  type: 'delta',
  branch,
  key: 0,
  remove: ['a'],
  files: [file('c')],
  deletes: [],
  isolation: 'serializable',
  planned: new Set(['a']),
  plannedDeletes: new Set(['d']),
} as const

describe('what changes make of a table', () => {
  const live = (parts: readonly Part[]) => {
    const { bad, world } = change(parts, [[3n, 2n]])
    expect(bad).toBe('')
    return [...(world.live.get(3n) ?? [])].sort()
  }

  test('its files', () => {
    expect(live([append])).toEqual(['a', 'b', 'c'])
    const overwrite = { type: 'overwrite', branch, key: 1, files: [file('c')] } as const
    expect(live([{ ...overwrite, isolation: 'none', planned: new Set() }])).toEqual(['a', 'c'])
    expect(live([{ type: 'replace', branch, remove: ['b'], files: [] }])).toEqual(['a'])
    const partitions = { type: 'partitions', branch, files: [file('c')] } as const
    expect(live([{ ...partitions, whole: false }])).toEqual(['b', 'c'])
    expect(live([{ ...partitions, whole: true }])).toEqual(['c'])
    expect(live([delta])).toEqual(['b', 'c'])
  })

  test('its deletes: new ones, one in the place of another, none of files that are gone', () => {
    const vector = { name: 'v', of: 'a', vector: true, replaces: 'd' }
    const { bad, world } = change([{ ...delta, remove: [], deletes: [vector] }], [[3n, 2n]])
    expect(bad).toBe('')
    expect([...(world.deletes.get(3n) ?? [])]).toEqual([['v', 'a']])
    expect([...(change([delta], [[3n, 2n]]).world.deletes.get(3n) ?? [])]).toEqual([])
  })

  test('its names', () => {
    const parts: readonly Part[] = [
      { type: 'ref', name: 't', kind: 'tag', to: 1n },
      { type: 'drop-ref', name: 't' },
      { type: 'forward', branch: 'side', to: 'main' },
      { type: 'property', name: 'p', value: '2' },
      { type: 'column', name: 'x' },
      { type: 'column', name: 'y' },
      { type: 'drop-column', name: 'x' },
      { type: 'rename-column', name: 'y', to: 'z' },
      { type: 'field', name: 'f' },
      { type: 'upgrade', to: 3 },
    ]
    const { bad, state } = change(parts, [])
    expect(bad).toBe('')
    expect(state).toEqual({
      refs: new Map([
        ['main', 2n],
        ['side', 2n],
      ]),
      properties: new Map([
        ['p', '2'],
        [MARK, 'o'],
      ]),
      columns: ['id', 'k', 'z'],
      fields: ['k', 'f'],
      version: [3],
    })
    expect(change([{ type: 'rollback', from: 2n, to: 1n }], []).state.refs.get('main')).toBe(1n)
    const made = change([append], [[3n, 2n]], { key: 'new job' })
    expect(made.state.refs.get('main')).toBe(3n)
    expect(made.state.properties).toEqual(BEFORE.properties)
    expect(made.world.keys.get(3n)).toBe('new job')
  })
})

const ONE = [[3n, 2n]] as const
test.each<[string, () => Outcome]>([
  ['I1 its append made no snapshot', () => change([append], [])],
  ['I7 its snapshot has another parent', () => change([append], [[3n, 1n]])],
  [
    'I3 it made more snapshots than it has parts',
    () =>
      change(
        [append],
        [
          [3n, 2n],
          [4n, 3n],
        ],
      ),
  ],
  ['I16 committed on 2, not on 1', () => change([append], ONE, { ifSnapshot: 1n })],
  ['I16 committed on 2, not on null', () => change([append], ONE, { ifSnapshot: null })],
  ['I3 job job was done twice', () => change([append], ONE, { key: 'job' })],
  [
    'I16 rolled back to what is no ancestor',
    () => change([{ type: 'rollback', from: 2n, to: 7n }], []),
  ],
  [
    'I16 rolled back what it has not seen (lost update)',
    () => change([{ type: 'rollback', from: 1n, to: 1n }], []),
  ],
  [
    'moved to gone, which is not there',
    () => change([{ type: 'forward', branch, to: 'gone' }], []),
  ],
  [
    'I16 moved forward to no descendant',
    () => change([{ type: 'forward', branch, to: 'side' }], []),
  ],
  [
    'I16 removed c, which was not there any more',
    () => change([{ type: 'replace', branch, remove: ['c'], files: [] }], ONE),
  ],
  ['I8 a is there twice', () => change([{ ...append, files: [file('a')] }], ONE)],
  [
    'I16 has read c, which was gone (lost update)',
    () =>
      change(
        [
          {
            type: 'overwrite',
            branch,
            key: 0,
            files: [],
            isolation: 'serializable',
            planned: new Set(['a', 'c']),
          },
        ],
        ONE,
      ),
  ],
  [
    'I16 has not read a, which was there (write skew)',
    () => change([{ ...delta, remove: [], planned: new Set() }], ONE),
  ],
  [
    'I16 has read b, which was gone (lost update)',
    () => change([{ ...delta, remove: ['b'], planned: new Set(['a']) }], ONE),
  ],
  [
    'I8 deletes dangle: c is not there',
    () => change([{ ...delta, deletes: [{ name: 'x', of: 'c', vector: false }] }], ONE),
  ],
  [
    'I16 has not seen the deletes d of a (lost update)',
    () => change([{ ...delta, plannedDeletes: new Set() }], ONE),
  ],
  [
    'I16 replaced the vector x, which was not there any more',
    () =>
      change(
        [{ ...delta, remove: [], deletes: [{ name: 'v', of: 'a', vector: true, replaces: 'x' }] }],
        ONE,
      ),
  ],
])('%s', (complaint, run) => {
  expect(run().bad).toContain(complaint)
})

/** Kinds that need another kind to have happened before. */
const AFTER: Readonly<Record<string, readonly string[]>> = {
  'drop-column': ['column'],
  'rename-column': ['column'],
  'drop-ref': ['branch', 'tag'],
  'branch-append': ['branch'],
  forward: ['branch', 'branch-append'],
  rollback: ['append'],
}

test.each(Object.keys(OPERATION_WEIGHTS))('histories of nothing but: %s', async (kind) => {
  const wanted = [kind, ...(AFTER[kind] ?? [])]
  const without = Object.keys(OPERATION_WEIGHTS).filter((other) => !wanted.includes(other))
  const told = new Set<string | undefined>()
  for (let seed = 1; seed <= 40 && (seed <= 4 || !told.has('committed')); seed++) {
    const { bad, operations } = await runHistory(seed, { without, rows: false, callsMin: 60 })
    expect(bad, `seed ${seed}`).toEqual([])
    for (const operation of operations) if (operation.kind === kind) told.add(operation.told)
  }
  expect([...told]).toContain('committed')
})
