/**
 * `npm run bench:plan -- [--manifests 1000] [--rounds 5]`
 *
 * Plans scans over a table of many manifests, in turns with PyIceberg: each figure is a process of
 * its own that loads the metadata and plans, after one plan that loads the modules and reads no
 * manifest; the counts of planned files are compared.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { connect, identity, openTable, t } from 'moraine'

const FILES_PER_MANIFEST = 10
const NAME = 'bench.plan'
const WARM_UP = 'part = -1'

interface Query {
  readonly name: string
  /** SQL text that both engines read. */
  readonly where: string | undefined
  readonly files: (manifests: number) => number
}

/** What is planned, and how many files there must be. */
const QUERIES: readonly Query[] = [
  { name: 'all files', where: undefined, files: (n) => n * FILES_PER_MANIFEST },
  { name: 'one partition value, by manifest summaries', where: 'part = 7', files: () => 10 },
  { name: 'a range of ids, by column bounds', where: 'id >= 500 and id < 900', files: () => 40 },
]

const { values: options } = parseArgs({
  options: {
    manifests: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    python: { type: 'string', default: join(import.meta.dirname, '../../.ci/.venv/bin/python') },
    data: { type: 'string', default: join(import.meta.dirname, '../data') },
    child: { type: 'string' },
    where: { type: 'string' },
  },
})

interface Answer {
  readonly ms: number
  readonly files: number
}

/** One measurement in this process. */
async function plan(metadata: string, where: string | undefined): Promise<Answer> {
  // Loads the modules: a predicate that the manifest list alone answers.
  await (await openTable(metadata)).scan({ where: WARM_UP }).plan()
  const began = performance.now()
  const table = await openTable(metadata)
  const { tasks } = await table.scan(where === undefined ? {} : { where }).plan()
  return { ms: performance.now() - began, files: tasks.length }
}

/** A table with one manifest for each append, and ten files in each: made once, then kept. */
async function prepare(manifests: number): Promise<string> {
  const warehouse = join(options.data, `plan-${manifests}`)
  const ready = `${warehouse}.ready`
  const catalog = await connect(warehouse, { unsafeNoSync: true, workers: 0 })
  if (!existsSync(ready)) {
    rmSync(warehouse, { recursive: true, force: true })
    const table = await catalog.createTable(NAME, {
      schema: { id: t.long().required(), part: t.int(), slot: t.int(), text: t.string() },
      partitionBy: [identity('part'), identity('slot')],
      properties: { 'commit.manifest-merge.enabled': 'false' },
    })
    for (let part = 0; part < manifests; part++) {
      await table.append(
        Array.from({ length: 100 }, (_, i) => {
          const id = part * 100 + i
          return { id, part, slot: Math.floor(i / 10), text: `row ${id}` }
        }),
      )
    }
    writeFileSync(ready, '')
  }
  const { metadataLocation } = await catalog.loadTable(NAME)
  await catalog.close()
  return metadataLocation
}

function ask(program: string, args: readonly string[]): Answer {
  return JSON.parse(execFileSync(program, args, { encoding: 'utf8' })) as Answer
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
}

async function run(): Promise<void> {
  const manifests = Number(options.manifests)
  const rounds = Number(options.rounds)
  if (!existsSync(options.python)) {
    throw new Error(`no ${options.python}: run bash .ci/python-venv first, or give --python`)
  }
  const metadata = await prepare(manifests)
  const script = join(import.meta.dirname, '../plan_pyiceberg.py')
  const lines = [
    `# Planning ${manifests * FILES_PER_MANIFEST} files in ${manifests} manifests`,
    '',
    'Metadata loaded and files planned in a fresh process, after one plan that reads no manifest;',
    `median of ${rounds}, in turns. Node ${process.version}, PyIceberg 0.12.0, load average ${loadavg()[0]?.toFixed(1)} at the start.`,
    '',
    '| plan | files | moraine ms | PyIceberg ms | PyIceberg / moraine |',
    '| --- | ---: | ---: | ---: | ---: |',
  ]
  for (const query of QUERIES) {
    const ours: number[] = []
    const theirs: number[] = []
    for (let round = 0; round < rounds; round++) {
      const where = query.where === undefined ? [] : ['--where', query.where]
      const self = [import.meta.filename, '--child', metadata, ...where]
      for (const [taken, answer] of [
        [ours, ask(process.execPath, self)],
        [theirs, ask(options.python, [script, metadata, query.where ?? ''])],
      ] as const) {
        const wanted = query.files(manifests)
        if (answer.files !== wanted) {
          throw new Error(`${query.name}: planned ${answer.files} files, not ${wanted}`)
        }
        taken.push(answer.ms)
      }
    }
    const [a, b] = [median(ours), median(theirs)]
    const figures = [a.toFixed(0), b.toFixed(0), (b / a).toFixed(1)]
    lines.push(`| ${[query.name, query.files(manifests), ...figures].join(' | ')} |`)
    console.log(lines.at(-1))
  }
  const results = join(import.meta.dirname, '../results')
  mkdirSync(results, { recursive: true })
  writeFileSync(join(results, 'plan.md'), `${lines.join('\n')}\n`)
}

if (options.child !== undefined) {
  console.log(JSON.stringify(await plan(options.child, options.where)))
} else {
  await run()
}
