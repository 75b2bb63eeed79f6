/**
 * `npm run bench:evolve -- [--files 100000] [--rounds 5]`
 *
 * Adds a column to tables of ever more data files and drops it again, in turns with PyIceberg. What is
 * written is counted, and must not depend on the number of files: two metadata files for two commits.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { connect, t } from 'moraine'
import { manyFiles } from './many-files.js'

const NAME = 'bench.evolve'

const { values: options } = parseArgs({
  options: {
    files: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    python: { type: 'string', default: join(import.meta.dirname, '../../.ci/.venv/bin/python') },
    data: { type: 'string', default: join(import.meta.dirname, '../data') },
    child: { type: 'string' },
  },
})

interface Answer {
  readonly ms: number
  /** Files that appeared anywhere in the table. */
  readonly written: number
}

/** Every file below a folder. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** One measurement in this process, after a first change that loads the modules. */
async function evolve(warehouse: string): Promise<Answer> {
  const catalog = await connect(warehouse, { workers: 0 })
  const table = await catalog.loadTable(NAME)
  const warm = await table.updateSchema((s) => s.addColumn('warm_up', t.long()))
  const before = new Set(filesBelow(warehouse))
  const began = performance.now()
  const wider = await warm.updateSchema((s) => s.addColumn('tip', t.double()))
  await wider.updateSchema((s) => s.dropColumn('tip'))
  const ms = performance.now() - began
  const written = filesBelow(warehouse).filter((path) => !before.has(path))
  await catalog.close()
  return { ms, written: written.length }
}

function ask(program: string, args: readonly string[]): Answer {
  return JSON.parse(execFileSync(program, args, { encoding: 'utf8' })) as Answer
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
}

/** Both engines change copies of one table, so that no round sees what another has left. */
async function measure(files: number, rounds: number): Promise<string> {
  const source = await manyFiles(options.data, NAME, files)
  const script = join(import.meta.dirname, '../evolve_pyiceberg.py')
  const taken = { ours: [] as number[], theirs: [] as number[] }
  const copy = `${source}-copy`
  for (let round = 0; round < rounds; round++) {
    rmSync(copy, { recursive: true, force: true })
    cpSync(source, copy, { recursive: true })
    // Paths in metadata are absolute: the original is put aside, so that nothing reaches for it.
    const ours = ask(process.execPath, [import.meta.filename, '--child', source])
    rmSync(source, { recursive: true, force: true })
    cpSync(copy, source, { recursive: true })
    const catalog = await connect(source, { workers: 0 })
    const { metadataLocation } = await catalog.loadTable(NAME)
    await catalog.close()
    const theirs = ask(options.python, [script, metadataLocation])
    rmSync(source, { recursive: true, force: true })
    cpSync(copy, source, { recursive: true })
    if (ours.written !== 2) throw new Error(`${ours.written} files written by 2 commits, not 2`)
    if (theirs.written !== 2) throw new Error(`PyIceberg has written ${theirs.written} files`)
    taken.ours.push(ours.ms)
    taken.theirs.push(theirs.ms)
  }
  rmSync(copy, { recursive: true, force: true })
  const [a, b] = [median(taken.ours), median(taken.theirs)]
  return `| ${[files, 2, a.toFixed(1), b.toFixed(1), (b / a).toFixed(1)].join(' | ')} |`
}

async function run(): Promise<void> {
  const most = Number(options.files)
  if (!existsSync(options.python)) {
    throw new Error(`no ${options.python}: run bash .ci/python-venv first, or give --python`)
  }
  const lines = [
    '# Adding a column and dropping it again',
    '',
    'Two commits in a fresh process, after one that loads the modules: moraine in its file catalog (with',
    'fsync), PyIceberg 0.12.0 in a SQLite catalog (without). "Written" are the files that appeared, of each engine.',
    `Median of ${options.rounds}, in turns. Node ${process.version}, load average ${loadavg()[0]?.toFixed(1)} at the start.`,
    '',
    '| data files | files written | moraine ms | PyIceberg ms | PyIceberg / moraine |',
    '| ---: | ---: | ---: | ---: | ---: |',
  ]
  for (const files of [1, Math.round(most / 100), most]) {
    lines.push(await measure(files, Number(options.rounds)))
    console.log(lines.at(-1))
  }
  const results = join(import.meta.dirname, '../results')
  mkdirSync(results, { recursive: true })
  writeFileSync(join(results, 'evolve.md'), `${lines.join('\n')}\n`)
}

if (options.child !== undefined) console.log(JSON.stringify(await evolve(options.child)))
else await run()
