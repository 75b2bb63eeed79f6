/** The public API as a user writes it: compiled, never run. */
import {
  and,
  asc,
  bucket,
  type Catalog,
  type CommitResult,
  col,
  connect,
  day,
  desc,
  expr,
  identity,
  month,
  openTable,
  sql,
  type Table,
  t,
  type UnknownSchema,
  year,
} from '../../src/index.js'

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
declare function expectType<T extends true>(): T

export async function sample(limit: string, cities: readonly string[]): Promise<void> {
  const catalog = await connect('./warehouse')
  const trips = await catalog.createTable('nyc.trips', {
    schema: {
      id: t.long().required(),
      city: t.string(),
      fare: t.decimal(9, 2),
      at: t.timestamptz(),
      tags: t.list(t.string()),
      stop: t.struct({ lat: t.double(), lon: t.double() }),
    },
    partitionBy: [day('at'), bucket(16, 'id')],
    sortBy: ['at'],
    formatVersion: 2,
    properties: { 'write.delete.mode': 'merge-on-read' },
  })
  const same = await catalog.loadTable('nyc.trips')
  expectType<Equal<typeof same, Table<UnknownSchema>>>()
  const lone = await openTable('./some/table', { relocate: { '/warehouse/x': './x' } })
  expectType<Equal<typeof lone, Table<UnknownSchema>>>()

  await trips.append([{ id: 1, city: 'Oslo', at: new Date(), stop: { lat: 1, lon: null } }])
  await trips.append([{ id: 1n }], { branch: 'audit', idempotencyKey: 'job-1', ifSnapshot: 5n })
  // @ts-expect-error a required column is missing
  await trips.append([{ city: 'Oslo' }])
  // @ts-expect-error a double is not a string
  await trips.append([{ id: 1, stop: { lat: 'x' } }])
  await trips.overwrite([], { where: col('city').eq('Oslo') })
  await trips.overwrite([], { all: true })
  // @ts-expect-error what to replace must be said
  await trips.overwrite([], {})
  await trips.replacePartitions([{ id: 1 }])
  await trips.delete((r) => r.fare.lt('0.00'))
  await trips.transaction(async (tx) => {
    await tx.append([{ id: 1 }])
    const evolved = await tx.updateSchema((s) => s.addColumn('tip', t.double()))
    await evolved.append([{ id: 1, tip: 0.5 }])
    return evolved.scan({ select: ['tip'] }).toArray()
  })

  const evolved = await trips.updateSchema((s) =>
    s
      .addColumn('tip', t.double(), { doc: 'on top', after: 'fare' })
      .renameColumn('city', 'town')
      .moveFirst('id')
      .dropColumn('stop.lat')
      .makeOptional('id'),
  )
  // @ts-expect-error the editor must be returned
  await trips.updateSchema((s) => {
    s.addColumn('lost', t.int())
  })
  const united = await trips.updateSchema((s) => s.unionByName({ id: t.long(), note: t.string() }))
  await united.append([{ id: 1, note: 'x' }])
  await trips.updateSpec((s) => s.addField(month('at')).removeField('id_bucket'))
  await trips.updateSortOrder(['at', desc(bucket(4, 'id')), asc('stop.lat', 'nulls-last')])
  // @ts-expect-error there is no such column to partition by
  await trips.updateSpec((s) => s.addField(month('nope')))
  // @ts-expect-error nor by itself
  await trips.updateSpec((s) => s.replaceField('at_day', 'nope'))
  // @ts-expect-error nor to sort by
  await trips.updateSortOrder([desc('nope')])
  // @ts-expect-error nulls come first or last
  await trips.updateSortOrder([asc('id', 'first')])
  await lone.updateSpec((s) => s.addField(month('any')).addField(identity(['any', 'path'])))
  // @ts-expect-error a table is not partitioned by a column that it lacks
  await catalog.createTable('a.b', { schema: { id: t.int() }, partitionBy: [month('nope')] })
  // @ts-expect-error nor sorted, not even inside a struct
  await catalog.createTable('a.b', { schema: { s: t.struct({ x: t.int() }) }, sortBy: ['s.y'] })
  // @ts-expect-error nor identified
  await catalog.createTable('a.b', { schema: { id: t.int() }, identifier: ['nope'] })
  await catalog.createTable('a.b', {
    schema: [
      ['id', t.int().required()],
      ['s', t.struct({ x: t.date() })],
    ],
    partitionBy: [day('s.x'), bucket(4, ['id']), 'id'],
    sortBy: [desc(year('s.x'))],
    identifier: ['id'],
  })

  // Widening, defaults and identifiers follow the types of the columns.
  await lone.updateSchema((s) => s.widenColumn('n', t.long()).updateDefault('n', 3))
  const typed = await catalog.createTable('a.c', {
    schema: {
      n: t.int().required(),
      f: t.float(),
      d: t.date(),
      u: t.unknown(),
      v: t.variant(),
      dec: t.decimal(9, 2),
      l: t.list(t.struct({ n: t.int(), 'dot.ted': t.float() })),
      m: t.map(t.string(), t.date()),
    },
  })
  await typed.updateSchema((s) =>
    s
      .widenColumn('n', t.long())
      .widenColumn('l.element.n', t.long())
      .widenColumn('m.value', t.timestampNs())
      .widenColumn('u', t.list(t.string()))
      .widenColumn('dec', t.decimal(12, 2))
      .widenColumn(['l', 'element', 'dot.ted'], t.double())
      .updateDefault('n', 7n)
      .updateDefault('dec', null)
      .setIdentifier('n'),
  )
  // @ts-expect-error an int does not become text
  await typed.updateSchema((s) => s.widenColumn('n', t.string()))
  // @ts-expect-error a float becomes no int
  await typed.updateSchema((s) => s.widenColumn('f', t.int()))
  // @ts-expect-error a date becomes no instant
  await typed.updateSchema((s) => s.widenColumn('d', t.timestamptz()))
  // @ts-expect-error a list is widened by its parts
  await typed.updateSchema((s) => s.widenColumn('l', t.list(t.long())))
  // @ts-expect-error an int's default is no text
  await typed.updateSchema((s) => s.updateDefault('n', '7'))
  // @ts-expect-error a date's default is no number
  await typed.updateSchema((s) => s.updateDefault('d', 7))
  // @ts-expect-error a variant has no default but null
  await typed.updateSchema((s) => s.updateDefault('v', {}))
  // @ts-expect-error a variant identifies nothing
  await typed.updateSchema((s) => s.setIdentifier('v'))
  // @ts-expect-error nor does a float
  await typed.updateSchema((s) => s.setIdentifier('f'))
  // @ts-expect-error a month is one of a year, written as text
  month('at').eq(2)
  // @ts-expect-error a bucket is a number
  bucket(16, 'id').eq('x')
  year('at').in([2024, '2025'])
  await trips.updateProperties({ set: { a: 'b' }, remove: ['c'] })
  await trips.upgradeFormat(3)

  const picked = trips.scan({
    select: ['id', 'stop.lat'],
    where: and(col('fare').gt('10'), col('city').in(['Oslo'])),
    limit: 100,
  })
  const [row] = await picked.toArray()
  expectType<Equal<typeof row, { id: bigint; stop: { lat: number | null } | null } | undefined>>()
  const [evolvedRow] = await evolved.scan({ select: ['town', 'tip', 'id'] }).toArray()
  expectType<
    Equal<
      typeof evolvedRow,
      { town: string | null; tip: number | null; id: bigint | null } | undefined
    >
  >()
  const [converted] = await trips
    .scan({ select: ['id', 'at'] })
    .toArray({ longs: 'number', timestamps: 'date' })
  expectType<Equal<typeof converted, { id: number; at: Date | null } | undefined>>()
  // @ts-expect-error there is no such column
  trips.scan({ select: ['nope'] })
  const [stored] = await trips.scan({ select: ['id', '_file', '_pos', '_row_id'] }).toArray()
  const file: string | undefined = stored?._file
  const rowId: bigint | null | undefined = stored?._row_id
  const position: { id: bigint; _pos: bigint } | undefined = stored
  void [file, rowId, position]
  // @ts-expect-error a column that was not selected
  void stored?._deleted
  trips.scan({ where: sql`fare > ${limit} and city in (${cities})` })
  trips.scan({ where: 'fare > 10' })
  trips.scan({ where: (r) => r.stop.lat.isNull() })
  // @ts-expect-error a misspelt column
  trips.scan({ where: (r) => r.fair.gt('10') })
  // @ts-expect-error a long is not compared with text
  trips.scan({ where: (r) => r.id.gt('ten') })

  await trips.delete(col('fare').lt('0.00'), { mode: 'merge-on-read' })
  await trips.update((r) => r.city.eq('Oslo'), { fare: '0.00', city: (row) => row.city })
  // @ts-expect-error a decimal column does not take a boolean
  await trips.update('true', { fare: true })
  // @ts-expect-error there is no such column
  await trips.update('true', { fair: '0.00' })
  await trips.upsert([{ id: 1 }], { on: ['id'] })
  // @ts-expect-error there is no such column
  await trips.upsert([{ id: 1 }], { on: ['idd'] })
  const merged = await trips
    .merge([{ id: 1, city: 'Oslo' }])
    .on('id')
    .whenMatched({ delete: true, if: (row, source) => row.id === source.id })
    .whenMatched({ update: 'all' })
    .whenMatched({ update: { city: (row, source) => source.city ?? row.city } })
    .whenNotMatched({ insert: 'all' })
    .whenNotMatchedBySource({ update: { city: null } })
    .run({ mode: 'copy-on-write', isolation: 'snapshot' })
  expectType<Equal<typeof merged, CommitResult>>()
  // @ts-expect-error an update or a delete, not both
  trips.merge([]).whenMatched({ delete: true, update: 'all' })
  await trips.update('true', { fare: expr('fare * 2'), city: col('tags'), 'stop.lat': 1.5 })
  await trips.update('true', { 'stop.lat': (row) => Number(row.id) })
  // @ts-expect-error there is no such column
  await trips.update('true', { 'stopp.lat': 1 })
  // @ts-expect-error a function of the row gives what the column takes
  await trips.update('true', { fare: (row) => row.id === 1n })
  await trips.upsert([{ id: 1 }], { on: ['id', 'stop.lat'] })
  // @ts-expect-error there is no such column
  await trips.upsert([{ id: 1 }], { on: ['stopp.lat'] })
  await trips
    .merge([{ op: 'D', id: 1, city: null }], {
      schema: { op: t.string().required(), id: t.long().required(), city: t.string() },
    })
    .on('id', 'stop.lat')
    .whenMatched({ if: "source.op = 'D'", delete: true })
    .whenMatched({ if: (row, source) => source.op === 'U' && row.fare !== null, update: 'all' })
    .whenMatched({
      if: col('source.id').gt(col('target.id')),
      update: { city: expr('source.city') },
    })
    .whenNotMatched({
      if: sql`source.op = ${'I'}`,
      insert: { id: (source) => source.id, city: null },
    })
    .run()
  const ids = trips.merge([], { schema: { id: t.long() } })
  // @ts-expect-error the source has no such column
  ids.whenMatched({ if: (_, source) => source.op === 'D', delete: true })
  // @ts-expect-error rows of the source have its columns
  trips.merge([{ idd: 1 }], { schema: { id: t.long().required() } })
  // @ts-expect-error an insert names columns of the table
  trips.merge([{ id: 1 }]).whenNotMatched({ insert: { idd: 1 } })

  await trips.asOf({ snapshot: 123n })
  await trips.asOf({ time: '2026-01-31T00:00:00Z' })
  await trips.asOf({ ref: 'audit' }, { schema: 'snapshot' })
  const past = await trips.asOf({ version: 7 })
  for await (const each of past.scan({ select: ['city'] })) {
    expectType<Equal<typeof each, { city: string | null }>>()
  }
  trips.snapshots()
  trips.history()
  trips.refs()
  await trips.inspect.files().toArrow()
  await trips.createBranch('audit')
  await trips.createTag('q3', { snapshot: 1n, maxRefAgeMs: 1000 })
  await trips.fastForward('main', 'audit')
  await trips.rollback({ time: '2026-01-31T00:00:00Z' })
  await trips.verify()
  await disposed(catalog)
}

async function disposed(catalog: Catalog): Promise<void> {
  await using _open = catalog
}

export async function typedLoad(catalog: Catalog): Promise<void> {
  const table = await catalog.loadTable('a.b', { schema: { id: t.long().required() } })
  const [row] = await table.scan().toArray()
  expectType<Equal<typeof row, { id: bigint } | undefined>>()
}
