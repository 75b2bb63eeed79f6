import { tableFromIPC, tableToIPC } from 'apache-arrow'
import { day, month } from '../../src/expr/terms.js'
import type { Catalog } from '../../src/table/catalog.js'
import { t } from '../../src/types/builder.js'
import { encodeRow } from '../../src/types/encode-row.js'

/** What another engine is asked to read, and the rows that it must find. */
export interface Case {
  readonly id: string
  readonly metadata: string
  readonly snapshotId?: string
  readonly schemaId: number
  /** Canonical JSON of every row, in any order. */
  readonly expected: readonly string[]
}

/** A table being written, with the rows that it should hold. */
interface Written {
  readonly metadataLocation: string
  readonly currentSnapshotId: bigint | undefined
  readonly schema: {
    readonly schemaId: number
    readonly fields: Parameters<typeof encodeRow>[0]['fields']
  }
}

function state(id: string, table: Written, rows: readonly object[], snapshot?: bigint): Case {
  return {
    id,
    metadata: table.metadataLocation,
    ...(snapshot !== undefined && { snapshotId: String(snapshot) }),
    schemaId: table.schema.schemaId,
    expected: rows.map((row) => encodeRow(table.schema, row)),
  }
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

/** Every primitive type of format version 2, with nulls and extremes. */
export async function primitives(catalog: Catalog): Promise<Case[]> {
  const table = await catalog.createTable('t.primitives', {
    schema: {
      n: t.int().required(),
      bool: t.boolean(),
      i: t.int(),
      l: t.long(),
      f: t.float(),
      d: t.double(),
      dec9: t.decimal(9, 2),
      dec18: t.decimal(18, 4),
      dec38: t.decimal(38, 10),
      date: t.date(),
      time: t.time(),
      ts: t.timestamp(),
      tz: t.timestamptz(),
      s: t.string(),
      u: t.uuid(),
      fix: t.fixed(4),
      bin: t.binary(),
    },
  })
  const rows = [
    {
      n: 0,
      bool: true,
      i: 1,
      l: 1n,
      f: 1.5,
      d: -2.25,
      dec9: '1.50',
      dec18: '-3.0001',
      dec38: '12345678901234567890.0123456789',
      date: '2026-01-31',
      time: '13:45:00.000001',
      ts: '2026-01-31T10:00:00.123456',
      tz: '2026-01-31T10:00:00.123456Z',
      s: 'Żółć 東京 🚀',
      u: 'f79c3e09-677c-4bbd-a479-3f349cb785e7',
      fix: bytes(0, 1, 254, 255),
      bin: bytes(1, 2, 3),
    },
    {
      n: 1,
      bool: false,
      i: -2147483648,
      l: -9223372036854775808n,
      f: -0,
      d: -0,
      dec9: '-9999999.99',
      dec18: '-99999999999999.9999',
      dec38: '-9999999999999999999999999999.9999999999',
      date: '1969-12-31',
      time: '00:00:00.000000',
      ts: '1969-12-31T23:59:59.999999',
      tz: '1969-12-31T23:59:59.999999Z',
      s: '',
      u: '00000000-0000-0000-0000-000000000000',
      fix: bytes(0, 0, 0, 0),
      bin: bytes(),
    },
    {
      n: 2,
      bool: null,
      i: 2147483647,
      l: 9223372036854775807n,
      f: Number.POSITIVE_INFINITY,
      d: Number.NEGATIVE_INFINITY,
      dec9: '9999999.99',
      dec18: '99999999999999.9999',
      dec38: '9999999999999999999999999999.9999999999',
      date: '9999-12-31',
      time: '23:59:59.999999',
      ts: '9999-12-31T23:59:59.999999',
      tz: '9999-12-31T23:59:59.999999Z',
      s: 'a\u0000b\nc',
      u: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
      fix: bytes(255, 255, 255, 255),
      bin: bytes(255, 0),
    },
    {
      n: 3,
      f: Number.NaN,
      d: Number.NaN,
      date: '0001-01-01',
      ts: '0001-01-01T00:00:00.000000',
      tz: '0001-01-01T00:00:00.000000Z',
    },
    { n: 4 },
  ]
  await table.append(rows)
  return [state('primitives', table, rows)]
}

/** Structs, lists and maps with nulls and empties at each level. */
export async function nested(catalog: Catalog): Promise<Case[]> {
  const table = await catalog.createTable('t.nested', {
    schema: {
      id: t.int().required(),
      st: t.struct({ a: t.long(), b: t.struct({ c: t.string() }) }),
      li: t.list(t.int()),
      mp: t.map(t.string(), t.double()),
      ml: t.map(t.int(), t.list(t.string())),
      ll: t.list(t.list(t.date())),
      req: t.list(t.string().required()).required(),
    },
  })
  const rows = [
    {
      id: 1,
      st: { a: 1n, b: { c: 'x' } },
      li: [1, null, 3],
      mp: new Map([['k', 1.5]]),
      ml: new Map([[7, ['a', null]]]),
      ll: [['2026-01-01'], [], null],
      req: ['a', ''],
    },
    {
      id: 2,
      st: { a: null, b: null },
      li: [],
      mp: new Map(),
      ml: new Map([
        [1, []],
        [2, null],
      ]),
      ll: [],
      req: [],
    },
    {
      id: 3,
      st: { a: 5n, b: { c: null } },
      li: [null],
      mp: new Map([
        ['a', null],
        ['b', 0.1],
      ]),
      ml: new Map(),
      ll: [null],
      req: ['z'],
    },
    { id: 4, st: null, li: null, mp: null, ml: null, ll: null, req: ['only'] },
  ]
  await table.append(rows)
  return [state('nested', table, rows)]
}

/** Identity partitions with values that need escaping, month and day; appended to several times. */
export async function partitioned(catalog: Catalog): Promise<Case[]> {
  const schema = { id: t.long(), city: t.string(), at: t.timestamptz(), on: t.date() }
  const cases: Case[] = []
  const values = ['Oslo', 'São Paulo', 'a/b=c?d%20', '', null, 'x y+z']
  const moments = [
    '1969-12-31T23:59:59.999999Z',
    '1970-01-01T00:00:00.000000Z',
    '2026-02-28T12:00:00.000000Z',
    null,
  ]
  const rows = Array.from({ length: 60 }, (_, index) => ({
    id: BigInt(index),
    city: values[index % values.length] ?? null,
    at: moments[index % moments.length] ?? null,
    on: index % 7 === 0 ? null : `20${10 + (index % 5)}-0${1 + (index % 9)}-15`,
  }))
  const specs = [
    ['identity', ['city']],
    ['month', [month('on')]],
    ['day', [day('at'), 'city']],
  ] as const
  for (const [name, partitionBy] of specs) {
    const table = await catalog.createTable(`t.by_${name}`, { schema, partitionBy })
    await table.append(rows.slice(0, 20))
    const first = table.currentSnapshotId
    await table.append(rows.slice(20))
    cases.push(state(`by_${name}`, table, rows))
    cases.push(state(`by_${name} before`, table, rows.slice(0, 20), first))
  }
  return cases
}

/** Columns added, renamed, dropped, widened and added again, with data before and after. */
export async function evolved(catalog: Catalog): Promise<Case[]> {
  const table = await catalog.createTable('t.evolved', {
    schema: {
      id: t.int(),
      n: t.int(),
      f: t.float(),
      dec: t.decimal(9, 2),
      old: t.string(),
      gone: t.string(),
    },
  })
  const before = [
    { id: 1, n: 7, f: 1.5, dec: '1.25', old: 'a', gone: 'x' },
    { id: 2, n: null, f: null, dec: null, old: null, gone: null },
  ]
  await table.append(before)
  const first = state('evolved before', table, before, table.currentSnapshotId)
  const later = await table.updateSchema((s) =>
    s
      .addColumn('added', t.long())
      .renameColumn('old', 'new')
      .dropColumn('gone')
      .widenColumn('n', t.long())
      .widenColumn('f', t.double())
      .widenColumn('dec', t.decimal(18, 2)),
  )
  const again = await later.updateSchema((s) => s.addColumn('gone', t.int()))
  const after = {
    id: 3,
    n: 2n ** 40n,
    f: 1e300,
    dec: '1234567890123456.78',
    new: 'b',
    added: 9n,
    gone: 5,
  }
  await again.append([after])
  const rows = [{ id: 1, n: 7n, f: 1.5, dec: '1.25', new: 'a' }, { id: 2 }, after]
  return [state('evolved', again, rows), { ...first, metadata: again.metadataLocation }]
}

/** Overwritten whole, overwritten by partition, and rolled back. */
export async function overwritten(catalog: Catalog): Promise<Case[]> {
  const table = await catalog.createTable('t.overwritten', {
    schema: { p: t.string(), v: t.int() },
    partitionBy: ['p'],
  })
  const row = (p: string, v: number) => ({ p, v })
  await table.append([row('a', 1), row('b', 2), row('c', 3)])
  await table.overwrite([row('b', 20), row('b', 21)], { where: "p = 'b'" })
  const partial = [row('a', 1), row('b', 20), row('b', 21), row('c', 3)]
  const kept = table.currentSnapshotId
  await table.overwrite([row('z', 26)], { all: true })
  const whole = table.currentSnapshotId
  const states = [
    { ...state('overwritten where', table, partial, kept), metadata: '' },
    { ...state('overwritten all', table, [row('z', 26)], whole), metadata: '' },
  ]
  await table.overwrite([], { all: true })
  const emptied = table.currentSnapshotId
  if (kept !== undefined) await table.rollback({ snapshot: kept })
  return [
    ...[...states, state('emptied', table, [], emptied)].map((one) => ({
      ...one,
      metadata: table.metadataLocation,
    })),
    state('rolled back', table, partial),
  ]
}

/** Many rows in small row groups, by every codec, from rows and from Arrow. */
export async function encodings(catalog: Catalog): Promise<Case[]> {
  const cases: Case[] = []
  const rows = Array.from({ length: 5000 }, (_, index) => ({
    id: BigInt(index) * 1_000_003n,
    word: `word ${index % 17}`,
    text: index % 11 === 0 ? null : `row ${index}`,
    x: index / 3,
    flag: index % 2 === 0,
  }))
  const schema = {
    id: t.long().required(),
    word: t.string(),
    text: t.string(),
    x: t.double(),
    flag: t.boolean(),
  }
  for (const codec of ['zstd', 'snappy', 'gzip', 'lz4', 'uncompressed']) {
    const table = await catalog.createTable(`t.codec_${codec}`, {
      schema,
      properties: {
        'write.parquet.compression-codec': codec,
        'write.parquet.row-group-size-bytes': '65536',
        'write.target-file-size-bytes': '131072',
      },
    })
    await table.append(rows)
    cases.push(state(`codec ${codec}`, table, rows))
  }
  const source = await catalog.loadTable('t.codec_zstd')
  const copy = await catalog.createTable('t.from_arrow', { schema })
  const arrow = await source.scan().toArrow()
  await copy.append(tableFromIPC(tableToIPC(arrow)))
  await copy.append(tableToIPC(arrow))
  return [...cases, state('from Arrow', copy, [...rows, ...rows])]
}

/** A table without a snapshot, and names that need care. */
export async function odds(catalog: Catalog): Promise<Case[]> {
  const empty = await catalog.createTable('t.empty', { schema: { id: t.int() } })
  const named = await catalog.createTable('t.names', {
    schema: {
      'a b': t.int(),
      Größe: t.int(),
      'x-y:z': t.string(),
      '1st': t.string(),
      sel_ect: t.boolean(),
    },
  })
  const rows = [{ 'a b': 1, Größe: 2, 'x-y:z': 'v', '1st': null, sel_ect: true }]
  await named.append(rows)
  return [state('no snapshot', empty, []), state('odd names', named, rows)]
}

export const WRITERS = [
  primitives,
  nested,
  partitioned,
  evolved,
  overwritten,
  encodings,
  odds,
] as const
