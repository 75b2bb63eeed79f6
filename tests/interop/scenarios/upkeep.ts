import type { Scenario, Step } from '../scenario.js'
import { among, by, COPY_ON_WRITE, fields, is, MERGE_ON_READ, many, rows } from './words.js'

const table = fields({ id: 'int', p: 'int', s: 'string' })

function batch(from: number): Step {
  return { op: 'append', rows: many(5, (n) => ({ id: n, p: n % 2, s: `s${n % 5}` }), from) }
}

const BATCHES = [0, 10, 20, 30].map(batch)

/** Expiry, compaction, manifests, statistics. */
export const UPKEEP: readonly Scenario[] = [
  {
    name: 'upkeep-expire',
    feature: 'Snapshot Retention Policy',
    steps: [
      { op: 'create', schema: table, properties: COPY_ON_WRITE },
      ...BATCHES.slice(0, 2),
      { op: 'tag', name: 'keep' },
      ...BATCHES.slice(2),
      { op: 'delete', where: is('id', 'lte', 3) },
      { op: 'expire', retainLast: 2 },
      batch(40),
    ],
    layout: false,
  },
  {
    name: 'upkeep-compact-with-deletes',
    feature: 'Compaction',
    steps: [
      {
        op: 'create',
        schema: table,
        spec: [by('identity', 'p')],
        properties: MERGE_ON_READ,
      },
      ...BATCHES,
      { op: 'delete', where: among('id', 3, 14, 30) },
      { op: 'compact' },
      batch(40),
    ],
    filters: [is('p', 'eq', 1), is('id', 'gte', 20)],
    layout: false,
  },
  {
    name: 'upkeep-compact-vectors',
    feature: 'Compaction',
    steps: [
      { op: 'create', version: 3, schema: table, properties: MERGE_ON_READ },
      ...BATCHES,
      { op: 'delete', where: among('id', 3, 14, 30) },
      { op: 'compact' },
      { op: 'delete', where: among('id', 4, 13) },
    ],
    filters: [is('id', 'lt', 12)],
    layout: false,
    lineage: true,
  },
  {
    name: 'upkeep-compact-sorted',
    feature: 'Compaction',
    steps: [
      { op: 'create', schema: table },
      ...BATCHES,
      { op: 'compact', sort: 's DESC NULLS LAST, id' },
    ],
    layout: false,
  },
  {
    name: 'upkeep-rewrite-manifests',
    feature: 'Manifests',
    steps: [
      {
        op: 'create',
        schema: table,
        spec: [by('identity', 'p')],
        properties: { 'commit.manifest-merge.enabled': 'false' },
      },
      ...BATCHES,
      ...[50, 60, 70].map(batch),
      { op: 'rewriteManifests' },
      batch(80),
    ],
    filters: [is('p', 'eq', 0)],
    layout: false,
  },
  {
    name: 'upkeep-merged-manifests',
    feature: 'Manifests',
    steps: [
      {
        op: 'create',
        schema: table,
        spec: [by('identity', 'p')],
        properties: { 'commit.manifest.min-count-to-merge': '2' },
      },
      ...BATCHES,
      { op: 'delete', where: is('p', 'eq', 1) },
      batch(50),
    ],
    filters: [is('p', 'eq', 0)],
  },
  {
    name: 'upkeep-rewrite-position-deletes',
    feature: 'Position Delete Files',
    steps: [
      {
        op: 'create',
        schema: table,
        spec: [by('identity', 'p')],
        properties: { ...MERGE_ON_READ, 'write.delete.granularity': 'partition' },
      },
      { op: 'append', rows: many(20, (n) => ({ id: n, p: n % 2, s: `s${n}` })) },
      ...[1, 4, 9].map((id): Step => ({ op: 'delete', where: is('id', 'eq', id) })),
      { op: 'rewritePositionDeletes' },
      { op: 'delete', where: is('id', 'eq', 16) },
    ],
    layout: false,
  },
  {
    name: 'upkeep-statistics',
    feature: 'Table Statistics',
    steps: [
      { op: 'create', schema: table, spec: [by('identity', 'p')] },
      batch(0),
      { op: 'statistics' },
      { op: 'append', rows: rows('id p s', [10, 0, null]) },
    ],
  },
]
