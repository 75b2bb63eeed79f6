/** Summaries of snapshots, field by field (spec: appendix F, "Optional Snapshot Summary Fields"). */
import { describe, expect, test } from 'vitest'
import { SnapshotSummary } from '../../../src/commit/snapshot-summary.js'
import type { DataFile } from '../../../src/format/model.js'

const file = (more: Partial<DataFile>): DataFile => ({
  content: 'data',
  path: 'f',
  format: 'parquet',
  specId: 0,
  partition: [],
  recordCount: 10n,
  sizeBytes: 100n,
  ...more,
})
const data = (more: Partial<DataFile> = {}) => file(more)
const positions = (more: Partial<DataFile> = {}) =>
  file({ content: 'position-deletes', recordCount: 3n, ...more })
const vector = (more: Partial<DataFile> = {}) =>
  positions({ format: 'puffin', contentSizeBytes: 40n, ...more })
const keys = (more: Partial<DataFile> = {}) =>
  file({ content: 'equality-deletes', recordCount: 2n, ...more })

const PATHS = new Map([
  ['', ''],
  ['0/Oslo', 'city=Oslo'],
  // The same name by a newer spec, and by one that has another one.
  ['1/Oslo', 'city=Oslo'],
  ['2/Oslo', 'town=Oslo'],
])
const pathOf = ({ specId, partition }: DataFile): string =>
  partition.length === 0 ? '' : (PATHS.get(`${specId}/${partition[0]}`) ?? 'unknown')

function build(
  change: { readonly added?: readonly DataFile[]; readonly removed?: readonly DataFile[] },
  partitionLimit = 0,
): Record<string, string> {
  const summary = new SnapshotSummary()
  for (const one of change.added ?? []) summary.addFile(one)
  for (const one of change.removed ?? []) summary.removeFile(one)
  const context = {
    parent: undefined,
    snapshotId: 1n,
    manifests: [],
    replacedManifests: 0,
    partitionLimit,
    partitionPath: pathOf,
  }
  const built = Object.fromEntries(summary.build('overwrite', new Map(), context))
  const isChange = (name: string) => !/^(total-|manifests-|operation)/.test(name)
  return Object.fromEntries(Object.entries(built).filter(([name]) => isChange(name)))
}

describe('what one file adds or removes', () => {
  const size = (side: string) => ({ [`${side}-files-size`]: '100' })
  test.each<[string, DataFile, string, string, Record<string, string>]>([
    ['data', data(), 'added', 'added', { 'added-data-files': '1', 'added-records': '10' }],
    ['data', data(), 'removed', 'removed', { 'deleted-data-files': '1', 'deleted-records': '10' }],
    ...(['added', 'removed'] as const).flatMap(
      (side): [string, DataFile, string, string, Record<string, string>][] => [
        [
          'position deletes',
          positions(),
          side,
          side,
          {
            [`${side}-delete-files`]: '1',
            [`${side}-position-delete-files`]: '1',
            [`${side}-position-deletes`]: '3',
          },
        ],
        [
          'equality deletes',
          keys(),
          side,
          side,
          {
            [`${side}-delete-files`]: '1',
            [`${side}-equality-delete-files`]: '1',
            [`${side}-equality-deletes`]: '2',
          },
        ],
        [
          'a deletion vector, by its part of the file',
          vector(),
          side,
          side,
          {
            [`${side}-delete-files`]: '1',
            [`${side}-dvs`]: '1',
            [`${side}-position-deletes`]: '3',
            [`${side}-files-size`]: '40',
          },
        ],
      ],
    ),
  ])('%s, %s', (_name, one, side, sizeSide, fields) => {
    expect(build(side === 'added' ? { added: [one] } : { removed: [one] })).toEqual({
      ...size(sizeSide),
      ...fields,
      'changed-partition-count': '1',
    })
  })
})

describe('partitions', () => {
  const oslo = { partition: ['Oslo'] }

  test('are counted by name, whichever spec they have it from', () => {
    const added = [data(oslo), data({ ...oslo, specId: 1 }), data({ ...oslo, specId: 2 }), data()]
    expect(build({ added })['changed-partition-count']).toBe('3')
  })

  test('have all counts of their own up to the limit, under their name', () => {
    const change = {
      added: [data(oslo), positions({ ...oslo, specId: 1 }), vector(oslo), data()],
      removed: [keys(oslo)],
    }
    expect(build(change, 2)).toMatchObject({
      'changed-partition-count': '2',
      'partition-summaries-included': 'true',
      'partitions.city=Oslo':
        'added-data-files=1,added-delete-files=2,removed-delete-files=1,added-records=10,' +
        'added-files-size=240,removed-files-size=100,added-position-deletes=6,' +
        'removed-equality-deletes=2,removed-equality-delete-files=1,added-position-delete-files=1,added-dvs=1',
    })
    // The one of an unpartitioned table has no name.
    expect(Object.keys(build(change, 2)).filter((name) => name.startsWith('partitions.'))).toEqual([
      'partitions.city=Oslo',
    ])
    expect(build(change, 1)).not.toHaveProperty('partition-summaries-included')
    expect(build({}, 1)).toEqual({ 'changed-partition-count': '0' })
  })
})
