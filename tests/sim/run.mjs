/**
 * Simulated histories over the built library, as fast as they go.
 *
 *   npm run sim                               2,000 histories in two processes
 *   npm run sim -- --histories 20000          more of them
 *   npm run sim -- --seed 17                  one, shrunk when it fails, with its trace
 *   npm run sim -- --canary                   over a store that breaks its promise: must fail
 *   npm run sim -- --bench                    histories a second of one core, once warm
 *
 * Also: --minutes N (stops then, whatever the number), --from SEED, --processes N, --library FOLDER (another build), --cells N (every cell of the
 * coverage must be hit so often; where some are not, a quarter more histories are run at most), --json FILE. Prints `N passed, N failed` at the end.
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

Error.stackTraceLimit = 0

/** Histories leave much garbage and keep little: room for it to die young. */
const FLAGS = ['--max-semi-space-size=32']

const argument = (name, usual) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? usual : process.argv[at + 1]
}
const has = (name) => process.argv.includes(`--${name}`)
const folder = argument('library', new URL('../../dist', import.meta.url).pathname)
const library = await import(pathToFileURL(`${folder}/testing/index.js`).href)

/** A store that sometimes says that it created what was there: what no protocol survives. */
function brokenStore(env) {
  const store = library.memoryStore({ env })
  const create = store.create.bind(store)
  store.create = async (path, bytes) => {
    const result = await create(path, bytes)
    if (result.outcome === 'created' || !env.chance(0.5)) return result
    await store.put(path, bytes)
    return { outcome: 'created' }
  }
  return store
}

const options = has('canary') ? { store: brokenStore } : {}

async function histories(from, count) {
  const coverage = new Map()
  const failed = []
  const told = {}
  const kinds = {}
  let [calls, least] = [0, Number.POSITIVE_INFINITY]
  const cpu = process.cpuUsage()
  let until = performance.now() + Number(argument('minutes', Number.POSITIVE_INFINITY)) * 60_000
  let seed = from
  for (; seed < from + count && performance.now() < until; seed++) {
    const report = await library.runHistory(seed, options)
    calls += report.calls
    least = Math.min(least, report.calls)
    for (const [cell, hits] of report.coverage) coverage.set(cell, (coverage.get(cell) ?? 0) + hits)
    for (const { kind, told: how } of report.operations) {
      told[how] = (told[how] ?? 0) + 1
      if (how === 'committed') kinds[kind] = (kinds[kind] ?? 0) + 1
    }
    if (report.bad.length > 0) failed.push({ seed, bad: report.bad })
    if (failed.length >= 20) until = 0
  }
  const { user, system } = process.cpuUsage(cpu)
  return { count: seed - from, calls, least, failed, told, kinds, coverage: [...coverage], cpuMs: (user + system) / 1000 }
}

async function replay(seed) {
  const shrunk = await library.shrinkHistory(seed, options)
  if (shrunk === undefined) {
    const { calls, operations, traceHash } = await library.runHistory(seed, options)
    console.log(`seed ${seed}: ${operations.length} operations, ${calls} calls, trace ${traceHash}`)
    console.log('1 passed, 0 failed')
    return
  }
  const { report, tried } = shrunk
  console.log(`seed ${seed} fails; the smallest of ${tried} histories:\n`)
  console.log(report.trace.join('\n'))
  console.log(`\n${JSON.stringify(shrunk.options, (_, value) => (value instanceof Set ? [...value] : value))}`)
  for (const text of report.bad) console.log(text)
  console.log('0 passed, 1 failed')
  process.exitCode = 1
}

/** One child for each share of the seeds. */
function child(from, count) {
  return new Promise((resolve, reject) => {
    const args = ['--part', '--from', from, '--histories', count, '--library', folder]
    if (has('minutes')) args.push('--minutes', argument('minutes'))
    if (has('canary')) args.push('--canary')
    const own = new URL(import.meta.url).pathname
    const run = spawn(process.execPath, [...FLAGS, own, ...args.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    run.stdout.on('data', (chunk) => {
      text += chunk
    })
    run.on('close', (code) => {
      if (code !== 0) reject(new Error(`the histories from seed ${from} ended with code ${code}`))
      else resolve(JSON.parse(text))
    })
  })
}

async function inParts(from, count, processes) {
  const share = Math.ceil(count / processes)
  return Promise.all(
    Array.from({ length: processes }, (_, i) =>
      child(from + i * share, Math.max(0, Math.min(share, count - i * share))),
    ),
  )
}

/** Seeds draw other histories after each change of the library: a cell that came short by chance gets some more. */
async function all(from, count, processes) {
  const began = performance.now()
  const coverage = new Map()
  const sum = { count: 0, calls: 0, cpuMs: 0, least: Number.POSITIVE_INFINITY, failed: [], told: {}, kinds: {} }
  const wanted = Number(argument('cells', 0))
  const tooRare = () => library.protocolCells().filter((cell) => (coverage.get(cell) ?? 0) < wanted)
  const [step, most] = [Math.ceil(count / 20), count + Math.floor(count / 4)]
  for (let asked = 0; asked < count || (asked < most && tooRare().length > 0 && sum.failed.length === 0); ) {
    const size = asked === 0 ? count : Math.min(step, most - asked)
    const parts = await inParts(from + asked, size, processes)
    asked += size
    for (const part of parts) {
      for (const key of ['count', 'calls', 'cpuMs']) sum[key] += part[key]
      sum.least = Math.min(sum.least, part.least ?? Number.POSITIVE_INFINITY)
      sum.failed.push(...part.failed)
      for (const [cell, hits] of part.coverage) coverage.set(cell, (coverage.get(cell) ?? 0) + hits)
      for (const key of ['told', 'kinds']) {
        for (const [name, n] of Object.entries(part[key])) sum[key][name] = (sum[key][name] ?? 0) + n
      }
    }
    if (has('minutes')) break
  }
  const seconds = (performance.now() - began) / 1000
  return { ...sum, seconds, coverage: [...coverage].sort(), missing: tooRare() }
}

function print(result) {
  const { count, calls, cpuMs, seconds, failed, coverage, missing } = result
  for (const [cell, hits] of coverage) console.log(`${String(hits).padStart(9)}  ${cell}`)
  console.log(`told ${JSON.stringify(result.told)}`)
  console.log(`committed ${JSON.stringify(result.kinds)}`)
  for (const { seed, bad } of failed.slice(0, 10)) {
    console.log(`seed ${seed}: ${bad.slice(0, 4).join('; ')}\n  replay: npm run sim -- --seed ${seed}`)
  }
  for (const cell of missing) console.log(`too rarely: ${cell}`)
  const perCpu = Math.round((count / cpuMs) * 1000)
  console.log(
    `figure: ${count} histories, ${calls} calls to the store (at least ${result.least} each) in ${seconds.toFixed(1)} s: ` +
      `${perCpu} histories a second of one core, ${coverage.length} cells of faults`,
  )
  const bad = failed.length + missing.length
  console.log(`${count - failed.length} passed, ${bad} failed`)
  if (bad > 0) process.exitCode = 1
}

/** The figure that must not fall, in a process with the flags of the others. */
function benchChild() {
  const own = new URL(import.meta.url).pathname
  const args = [...FLAGS, own, '--bench-here', '--library', folder]
  const run = spawn(process.execPath, args, { stdio: 'inherit' })
  return new Promise((resolve) => {
    run.on('close', (code) => {
      process.exitCode = code ?? 1
      resolve()
    })
  })
}

/** In one process, after the code has warmed up. */
async function bench() {
  const [warmUp, size] = [600, 400]
  await histories(1, warmUp)
  const rates = []
  for (let round = 0; round < 5; round++) {
    const began = performance.now()
    const { calls, least, failed, cpuMs } = await histories(1 + warmUp + round * size, size)
    const seconds = (performance.now() - began) / 1000
    rates.push(size / seconds)
    console.log(
      `${(size / seconds).toFixed(1)} histories/s of time, ${((size / cpuMs) * 1000).toFixed(1)} of processor time, ` +
        `${(calls / size).toFixed(0)} calls each (at least ${least})`,
    )
    if (failed.length > 0) throw new Error(`seed ${failed[0].seed}: ${failed[0].bad[0]}`)
  }
  const median = rates.sort((a, b) => a - b)[2] ?? 0
  console.log(`figure: ${median.toFixed(1)} simulated histories a second on one core (median of 5 rounds of ${size})`)
}

const from = Number(argument('from', 1))
const count = Number(argument('histories', 2000))
if (has('seed')) await replay(Number(argument('seed')))
else if (has('bench')) await benchChild()
else if (has('bench-here')) await bench()
else if (has('part')) console.log(JSON.stringify(await histories(from, count)))
else {
  const result = await all(from, count, Number(argument('processes', 2)))
  const file = argument('json')
  if (file !== undefined) writeFileSync(file, JSON.stringify(result))
  print(result)
}
