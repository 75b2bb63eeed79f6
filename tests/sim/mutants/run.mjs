/**
 * Plants each bug of mutants.mjs in a copy of the built library and simulates until it is found, on
 * five disjoint ranges of seeds.
 *
 *   npm run sim:mutants                 all of them
 *   npm run sim:mutants -- --only WORD  those whose name has this word
 *   … --share 2/5                       every fifth, from the second
 *   … --cap 500 --ranges 1              histories of a range at most, and fewer ranges
 *   … --from 20                         from the twentieth on
 *   … --record                          only what record.json does not say yet; every result is written
 *                                       down at once, and spec/model/mutants.md is made anew
 *   … --table                           nothing but spec/model/mutants.md, from the record
 *
 * A bug that survives a range is a failure, and so is one whose place in the code is gone.
 */
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { MUTANTS, SPECIAL, UNNOTICED } from './mutants.mjs'
import { CAP, CAP_SPECIAL, entryOf, isFound, RANGES, readRecord, table, triedSoFar, writeRecord } from './record.mjs'

const RANGE_SIZE = 1_000_000
const TABLE = new URL('../../../spec/model/mutants.md', import.meta.url)
const OWN = fileURLToPath(import.meta.url)

const has = (name) => process.argv.includes(`--${name}`)
const argument = (name, usual) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? usual : process.argv[at + 1]
}
const cap = Number(argument('cap', CAP))
const ranges = Number(argument('ranges', RANGES))

/** Prints a line for each range of `spans`: `{ range, from, to }`, histories counted from 1. */
async function hunt(folder, spans, kind) {
  Error.stackTraceLimit = 0
  const { runHistory } = await import(pathToFileURL(join(folder, 'testing/index.js')).href)
  for (const { range, from, to } of spans) {
    let seen = { survived: to }
    for (let i = from; i <= to && seen.found === undefined; i++) {
      const { bad } = await runHistory(range * RANGE_SIZE + i, kind === undefined ? {} : { [kind]: true })
      if (bad.length > 0) seen = { found: i, by: /\bI[0-9]+\b/.exec(bad[0])?.[0] ?? '?' }
    }
    console.log(JSON.stringify({ range, seen }))
  }
}

/** Why the bug cannot be planted, or nothing. */
function plant(name, library, folder) {
  rmSync(folder, { recursive: true, force: true })
  cpSync(library, folder, { recursive: true, filter: (file) => !/\.d\.ts$|\.tsbuildinfo$/.test(file) })
  for (const [file, before, after] of MUTANTS[name]) {
    const path = join(folder, file)
    const text = readFileSync(path, 'utf8')
    const parts = text.split(before)
    if (parts.length !== 2) return `${file} has ${parts.length - 1} times: ${before}`
    writeFileSync(path, parts.join(after))
  }
  return undefined
}

function selected() {
  const names = Object.keys(MUTANTS).filter((name) => name.includes(argument('only', '')))
  const [share, of] = argument('share', '1/1').split('/').map(Number)
  return names.slice(Number(argument('from', 1)) - 1).filter((_, i) => i % of === share - 1)
}

/** Another process, since a planted library cannot be unloaded; `saw` is told of each range at once. */
async function huntApart(folder, spans, kind, saw) {
  const args = [OWN, '--hunt', folder, '--spans', JSON.stringify(spans)]
  if (kind !== undefined) args.push('--kind', kind)
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let trouble = ''
  child.stderr.on('data', (chunk) => {
    trouble = `${trouble}${chunk}`.slice(-400)
  })
  const ended = new Promise((resolve) => child.on('close', resolve))
  for await (const line of createInterface({ input: child.stdout })) {
    const { range, seen } = JSON.parse(line)
    saw(range, seen)
  }
  return (await ended) === 0 ? undefined : trouble
}

/** Hunts one bug until so many histories of each range were tried, and tells when it is over. */
async function huntOne(name, { record, state, limit: wanted, folder, library }) {
  const entry = entryOf(record, name, MUTANTS[name])
  const kind = SPECIAL[name]
  const most = kind === undefined ? cap : Math.min(cap, CAP_SPECIAL)
  const limit = Math.min(wanted, most)
  const spans = []
  for (let range = 1; range <= ranges; range++) {
    const tried = triedSoFar(entry, range, state)
    if (tried !== undefined && tried < limit) spans.push({ range, from: tried + 1, to: limit })
  }
  if (spans.length === 0) return
  const saw = (range, seen) => {
    entry.ranges[range] = { ...seen, state }
    if (has('record')) writeRecord(record)
  }
  const trouble = plant(name, library, folder) ?? (await huntApart(folder, spans, kind, saw))
  const dead = isFound(record, name, ranges)
  const seen = Array.from({ length: ranges }, (_, i) => entry.ranges[i + 1] ?? {})
  const by = [...new Set(seen.flatMap(({ by }) => by ?? []))].join()
  const told = trouble ?? `${seen.map(({ found, survived }) => found ?? `>${survived}`).join(' ')} (${by})`
  if (dead || limit === most) console.log(`${dead ? 'dead ' : 'ALIVE'} ${name}: ${told}`)
}

function stateOf() {
  const repository = fileURLToPath(new URL('../../..', import.meta.url))
  return execFileSync('git', ['-C', repository, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
}

async function main() {
  const work = mkdtempSync(join(tmpdir(), 'moraine-mutants-'))
  const library = argument('library', fileURLToPath(new URL('../../../dist', import.meta.url)))
  symlinkSync(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(work, 'node_modules'))
  writeFileSync(join(work, 'package.json'), '{"type":"module"}')
  const kept = has('record')
  const record = kept ? readRecord() : {}
  const state = kept ? stateOf() : 'now'
  // With a record, those that are found soon come first: each is hunted a little, then the rest further.
  const limits = kept ? [50, 200, 600, cap].filter((limit, i) => limit < cap || i === 3) : [cap]
  try {
    for (const limit of limits) {
      for (const name of selected()) {
        await huntOne(name, { record, state, limit, library, folder: join(work, 'dist') })
      }
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  if (kept) writeTable(record)
  const passed = selected().filter((name) => isFound(record, name, ranges)).length
  const failed = selected().length - passed
  console.log(`${passed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}

function writeTable(record) {
  writeFileSync(TABLE, table(record, Object.keys(MUTANTS), SPECIAL, UNNOTICED))
}

if (has('hunt')) await hunt(argument('hunt'), JSON.parse(argument('spans')), argument('kind'))
else if (has('table')) writeTable(readRecord())
else await main()
