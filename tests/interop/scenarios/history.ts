import type { Scenario } from '../scenario.js'
import { by, fields, is, many, rows } from './words.js'

const table = fields({ id: 'int', s: 'string' })
const one = (id: number, s: string) => rows('id s', [id, s])

/** Branches, tags, rollback and staged work. */
export const HISTORY: readonly Scenario[] = [
  {
    name: 'refs-branches-and-tags',
    feature: 'Snapshot References',
    steps: [
      { op: 'create', schema: table },
      { op: 'append', rows: rows('id s', [1, 'a'], [2, 'b']), label: 'first' },
      { op: 'tag', name: 'first' },
      { op: 'branch', name: 'dev' },
      { op: 'append', rows: one(3, 'dev'), branch: 'dev' },
      { op: 'append', rows: one(4, 'main') },
      { op: 'delete', where: is('id', 'eq', 1), branch: 'dev' },
      { op: 'evolve', changes: [{ change: 'add', path: ['n'], type: 'int' }] },
      { op: 'append', rows: rows('id s n', [5, 'main', 5]) },
      { op: 'tag', name: 'second' },
      { op: 'branch', name: 'from-first', snapshot: '@first' },
    ],
    layout: false,
  },
  {
    name: 'refs-dropped',
    feature: 'Snapshot References',
    steps: [
      { op: 'create', schema: table },
      { op: 'append', rows: one(1, 'a') },
      { op: 'tag', name: 'keep' },
      { op: 'tag', name: 'drop' },
      { op: 'branch', name: 'gone' },
      { op: 'append', rows: one(2, 'b'), branch: 'gone' },
      { op: 'dropTag', name: 'drop' },
      { op: 'dropBranch', name: 'gone' },
      { op: 'append', rows: one(3, 'c') },
    ],
  },
  {
    name: 'refs-fast-forward',
    feature: 'Snapshot References',
    steps: [
      { op: 'create', schema: table },
      { op: 'append', rows: one(1, 'a') },
      { op: 'branch', name: 'audit' },
      { op: 'append', rows: one(2, 'audited'), branch: 'audit' },
      { op: 'fastForward', branch: 'main', to: 'audit' },
      { op: 'append', rows: one(3, 'after') },
    ],
  },
  {
    name: 'refs-row-level-on-a-branch',
    feature: 'Snapshot References',
    steps: [
      { op: 'create', schema: table },
      { op: 'append', rows: many(6, (n) => ({ id: n, s: `s${n}` })) },
      { op: 'branch', name: 'fix' },
      { op: 'update', where: is('id', 'lt', 2), set: { s: 'fixed' }, branch: 'fix' },
      {
        op: 'merge',
        rows: rows('id s', [3, 'merged'], [9, 'new']),
        on: ['id'],
        matched: 'update',
        notMatched: 'insert',
        branch: 'fix',
      },
      { op: 'overwrite', where: 'all', rows: one(40, 'over'), branch: 'fix' },
    ],
    layout: false,
  },
  {
    name: 'history-rollback',
    feature: 'Snapshots',
    steps: [
      { op: 'create', schema: table },
      { op: 'append', rows: one(1, 'a'), label: 'first' },
      { op: 'append', rows: one(2, 'b') },
      { op: 'append', rows: one(3, 'c') },
      { op: 'rollback', snapshot: '@first' },
      { op: 'append', rows: one(4, 'd') },
    ],
  },
  {
    name: 'history-cherry-pick',
    feature: 'Snapshots',
    steps: [
      { op: 'create', schema: table },
      { op: 'append', rows: one(1, 'a'), label: 'first' },
      { op: 'append', rows: one(2, 'b') },
      { op: 'append', rows: one(3, 'c'), label: 'third' },
      { op: 'rollback', snapshot: '@first' },
      { op: 'append', rows: one(4, 'd') },
      { op: 'cherrypick', snapshot: '@third' },
      { op: 'append', rows: one(5, 'e') },
    ],
  },
  {
    name: 'history-set-current',
    feature: 'Snapshots',
    steps: [
      { op: 'create', schema: table, spec: [by('truncate[1]', 's')] },
      { op: 'append', rows: one(1, 'a'), label: 'first' },
      { op: 'append', rows: one(2, 'b'), label: 'second' },
      { op: 'rollback', snapshot: '@first' },
      { op: 'setCurrent', snapshot: '@second' },
      { op: 'append', rows: one(3, 'c') },
    ],
    filters: [is('s', 'eq', 'b')],
  },
]
