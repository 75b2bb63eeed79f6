import { resolve } from 'node:path'
import { month } from '../../expr/terms.js'
import { connect } from '../../table/connect.js'
import { t } from '../../types/builder.js'
import { logEntries, logTable } from '../commands/log.js'
import { parquetSource } from '../import/parquet.js'
import { durationText, grouped } from '../output/figures.js'
import { textTable } from '../output/text-table.js'
import type { Terminal } from '../terminal.js'
import { beforeAfterChart } from './chart.js'
import { howToOpen } from './how-to-open.js'
import { meanByMonth } from './mean-delays.js'
import { byMonth } from './months.js'

const NAME = 'demo.flights'
const FEBRUARY = "date >= '2001-02-01' and date < '2001-03-01'"
const MAY = "date >= '2001-05-01' and date < '2001-06-01'"

/** Flights that came early count as on time in a corrected month. */
function corrected(delay: bigint | null): bigint | null {
  return delay !== null && delay < 0n ? 0n : delay
}

/** Prints a step with the time it took. */
async function step<T>(
  terminal: Terminal,
  title: string,
  work: () => Promise<T>,
  told?: (result: T) => string,
): Promise<T> {
  const began = terminal.nowMs()
  terminal.progress(`${title} …`)
  const result = await work()
  const note = told === undefined ? '' : `: ${told(result)}`
  const time = terminal.style.dim(`(${durationText(terminal.nowMs() - began)})`)
  await terminal.line(`  ${title}${note} ${time}`)
  return result
}

async function createTable(folder: string) {
  const catalog = await connect(folder)
  // A second run drops what the first one left; the new table takes the next metadata slots.
  if (await catalog.tableExists(NAME)) await catalog.dropTable(NAME, { purge: true })
  const flights = await catalog.createTable(NAME, {
    schema: [
      ['date', t.timestamp().required()],
      ['delay', t.long()],
      ['distance', t.long()],
      ['origin', t.string()],
      ['destination', t.string()],
    ],
    partitionBy: [month('date')],
  })
  return { catalog, flights }
}

type Flights = Awaited<ReturnType<typeof createTable>>['flights']

/** Month by month into the table; gives the snapshot of each month. */
async function load(
  flights: Flights,
  file: string,
  terminal: Terminal,
): Promise<ReadonlyMap<string, bigint>> {
  await terminal.line(
    terminal.style.bold('\n1. Flights of 2001 arrive month by month, each month one commit'),
  )
  const snapshots = new Map<string, bigint>()
  const batches = parquetSource(file).chunks(flights.schema, () => undefined, terminal.signal)
  for await (const { month: name, batches: part, rows } of byMonth(batches, 'date')) {
    const { snapshotId } = await step(
      terminal,
      `append ${name}`,
      () => flights.append(part, { signal: terminal.signal }),
      () => `${grouped(rows)} rows`,
    )
    snapshots.set(name, snapshotId!)
  }
  return snapshots
}

async function evolve(flights: Flights, terminal: Terminal) {
  await terminal.line(terminal.style.bold('\n2. The schema changes; no data file is rewritten'))
  const noted = await step(terminal, 'add column note', () =>
    flights.updateSchema((s) => s.addColumn('note', t.string())),
  )
  const renamed = await step(terminal, 'rename column delay to arrival_delay', () =>
    noted.updateSchema((s) => s.renameColumn('delay', 'arrival_delay')),
  )
  return await step(terminal, 'drop column distance', () =>
    renamed.updateSchema((s) => s.dropColumn('distance')),
  )
}

type Evolved = Awaited<ReturnType<typeof evolve>>

/** Replaces February by itself with corrected values, in one commit. */
async function correctFebruary(flights: Evolved, terminal: Terminal): Promise<void> {
  await terminal.line(
    terminal.style.bold('\n3. February is replaced: flights that came early now count as on time'),
  )
  const february = flights.scan({ where: FEBRUARY, signal: terminal.signal })
  async function* rows() {
    for await (const row of february.rows()) {
      const delay = corrected(row.arrival_delay)
      yield { ...row, arrival_delay: delay, note: delay === row.arrival_delay ? null : 'was early' }
    }
  }
  await step(
    terminal,
    'overwrite February',
    () => flights.overwrite(rows(), { where: FEBRUARY, signal: terminal.signal }),
    ({ summary }) => `${grouped(BigInt(summary['added-records']!))} rows replaced`,
  )
}

/** Appends May a second time, and takes it back. Gives the snapshot of the mistake. */
async function mistake(flights: Evolved, terminal: Terminal): Promise<bigint> {
  await terminal.line(
    terminal.style.bold('\n4. A job runs twice: May is appended again, then rolled back'),
  )
  const good = flights.currentSnapshotId!
  const again = flights.scan({ where: MAY, signal: terminal.signal }).batches()
  const { snapshotId } = await step(
    terminal,
    'append May again',
    () => flights.append(again, { signal: terminal.signal }),
    ({ summary }) => `now ${grouped(BigInt(summary['total-records']!))} rows`,
  )
  await step(terminal, 'roll back', () => flights.rollback({ snapshot: good }))
  return snapshotId!
}

/** Reads the table as of several moments and says what it finds. */
async function travel(
  flights: Evolved,
  moments: readonly (readonly [string, bigint])[],
  terminal: Terminal,
): Promise<void> {
  await terminal.line(terminal.style.bold('\n5. The same table, read as of its past'))
  const rows: string[][] = []
  for (const [title, snapshot] of moments) {
    terminal.progress(`reading: ${title} …`)
    const then = await flights.asOf({ snapshot })
    const names = then.schema.fields.map((field) => field.name)
    const delay = names.includes('delay') ? 'delay' : 'arrival_delay'
    const means = await meanByMonth(then, delay, FEBRUARY)
    const mean = [...means.values()][0]
    const count = await then.scan({ signal: terminal.signal }).count()
    rows.push([
      title,
      grouped(count),
      mean === undefined ? '' : `${mean.toFixed(2)} min`,
      names.join(' '),
    ])
  }
  const titles = [{ title: 'as of' }, { title: 'rows', align: 'right' }] as const
  const more = [{ title: 'mean delay in February', align: 'right' }, { title: 'columns' }] as const
  await terminal.line(indented(textTable([...titles, ...more], rows, terminal.style.bold)))
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ')
}

async function compare(flights: Evolved, before: bigint, terminal: Terminal): Promise<void> {
  await terminal.line(
    terminal.style.bold('\n6. Mean delay of arrivals, before and after the correction'),
  )
  const past = await flights.asOf({ snapshot: before })
  const then = await meanByMonth(past, 'delay')
  const now = await meanByMonth(flights.current(), 'arrival_delay')
  for (const line of beforeAfterChart(then, now, 'min')) await terminal.line(`  ${line}`)
}

async function skip(flights: Evolved, terminal: Terminal): Promise<void> {
  await terminal.line(terminal.style.bold('\n7. What a filtered scan skips'))
  const where = "origin = 'SFO' and date >= '2001-03-05' and date < '2001-03-12'"
  const scan = flights.scan({
    select: ['date', 'destination', 'arrival_delay'],
    where,
    signal: terminal.signal,
  })
  await terminal.line(`  where ${where}`)
  await step(
    terminal,
    'count',
    () => scan.count(),
    (rows) => `${grouped(rows)} rows`,
  )
  await terminal.line(indented(String(await scan.explain())))
}

async function tellHowToOpen(flights: Evolved, folder: string, terminal: Terminal): Promise<void> {
  await terminal.line(terminal.style.bold('\nOpen the same table elsewhere'))
  const remote = /^[a-z][a-z0-9+.-]*:\/\//i.test(folder)
  if (remote) await terminal.line('  (each of them needs its own way to the store: keys, endpoint)')
  const warehouse = remote ? folder : resolve(folder)
  const ways = howToOpen({ warehouse, metadataFile: flights.metadataLocation, name: NAME })
  for (const { engine, lines } of ways) {
    await terminal.line(`  ${engine}`)
    for (const line of lines) await terminal.line(`    ${line}`)
  }
  await terminal.line('  moraine')
  await terminal.line(`    npx moraine log ${JSON.stringify(flights.location)}`)
  await terminal.line(`    npx moraine rows ${JSON.stringify(flights.location)} --limit 5`)
}

/** The whole demo: real flights through the life of a table in `folder`. */
export async function tellStory(folder: string, file: string, terminal: Terminal): Promise<void> {
  const began = terminal.nowMs()
  const { catalog, flights } = await createTable(folder)
  try {
    const byName = await load(flights, file, terminal)
    const january = [...byName.values()][0]!
    const loaded = flights.currentSnapshotId!
    const evolved = await evolve(flights, terminal)
    await correctFebruary(evolved, terminal)
    const fixed = evolved.currentSnapshotId!
    const wrong = await mistake(evolved, terminal)
    const moments = [
      ['January alone', january],
      ['all months, first schema', loaded],
      ['February corrected', fixed],
      ['the mistake', wrong],
      ['now', evolved.currentSnapshotId!],
    ] as const
    await travel(evolved, moments, terminal)
    await compare(evolved, loaded, terminal)
    await skip(evolved, terminal)
    await terminal.line(terminal.style.bold('\nThe snapshot log'))
    await terminal.line(indented(logTable(logEntries(evolved.metadata), terminal.style.bold)))
    await tellHowToOpen(evolved, folder, terminal)
    await terminal.line(`\n${durationText(terminal.nowMs() - began)} in all`)
  } finally {
    await catalog.close()
  }
}
