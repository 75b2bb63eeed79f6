/**
 * Plants faults in the library, one after the other, and demands that the interoperability
 * scenarios find each, and find nothing without one.
 *
 *   node tests/interop/mutants/run.mjs            all
 *   node tests/interop/mutants/run.mjs bucket     those whose name has this in it
 *
 * The sources stay as they are: a fault is put in while the library and the harness are bundled.
 * The other engines' processes live through all of it.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = resolve(import.meta.dirname, '../../..')
process.chdir(root)
// Below node_modules, so that a bundle finds the packages that it leaves out.
const bundles = mkdtempSync(join(root, 'node_modules', '.interop-mutants-'))

/** Library and harness as one module, with the edits of a fault in it. */
async function load(name, edits) {
  const outfile = join(bundles, `${name.replace(/\W+/g, '-')}.mjs`)
  const unused = new Set(edits.map((edit) => edit.file))
  await build({
    entryPoints: ['tests/interop/mutants/entry.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
    plugins: [planter(edits, unused)],
  })
  if (unused.size > 0) throw new Error(`not part of the library: ${[...unused].join(', ')}`)
  return import(pathToFileURL(outfile).href)
}

function planter(edits, unused) {
  return {
    name: 'fault',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const file = relative(root, path).replaceAll('\\', '/')
        const mine = edits.filter((edit) => edit.file === file)
        if (mine.length === 0) return undefined
        unused.delete(file)
        const contents = mine.reduce(planted, readFileSync(path, 'utf8'))
        return { contents, loader: 'ts' }
      })
    },
  }
}

function planted(source, { file, find, replace }) {
  const places = source.split(find).length - 1
  if (places !== 1) {
    throw new Error(`${file} has ${places} places like this, not one: ${find.trim()}`)
  }
  return source.replace(find, () => replace)
}

const SKIPPED = new Set(['pyiceberg', 'duckdb'])

/** Written by moraine and Spark, read by all: what is red, in words. */
async function redOf(library, names, drivers, namespace) {
  const { ALL, judge, runScenario } = library
  const red = []
  for (const name of names) {
    const scenario = ALL.find((one) => one.name === name)
    if (scenario === undefined) throw new Error(`no scenario ${name}`)
    const writers = (scenario.writers ?? ['moraine', 'spark']).filter((one) => !SKIPPED.has(one))
    const findings = await runScenario({ ...scenario, writers }, { drivers, namespace })
    red.push(...findings.map(judge).filter((finding) => finding.red))
  }
  return red
}

function words(findings) {
  const readers = [...new Set(findings.map((finding) => finding.reader))].join(', ')
  const reason = (findings[0]?.reason ?? '').replace(/\s+/g, ' ').slice(0, 160)
  return `${readers}: ${reason}`
}

let failed = 0
function say(ok, name, text) {
  if (!ok) failed++
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name}: ${text}`)
}

async function plantOne(fault, drivers, workFolder, namespace) {
  const library = await load(fault.name, fault.edits)
  const moraine = library.moraineDriver(workFolder)
  try {
    const red = await redOf(library, fault.scenarios, { ...drivers, moraine }, namespace)
    say(red.length > 0, fault.name, red.length > 0 ? `found by ${words(red)}` : 'nobody noticed')
  } finally {
    await moraine.close()
  }
}

const pattern = process.argv[2] ?? ''
const sound = await load('sound', [])
const faults = sound.FAULTS.filter((fault) => fault.name.includes(pattern))
const engines = sound.startEngines()
const began = performance.now()
try {
  const names = [...new Set(faults.flatMap((fault) => fault.scenarios))]
  const red = await redOf(sound, names, engines.drivers, 'sound')
  say(red.length === 0, 'without a fault', red.length === 0 ? 'nothing found' : words(red))
  for (const [index, fault] of faults.entries()) {
    try {
      await plantOne(fault, engines.drivers, engines.workFolder, `fault${index + 1}`)
    } catch (error) {
      say(false, fault.name, error.errors?.[0]?.text ?? error.message)
    }
  }
} finally {
  await engines.close()
  rmSync(bundles, { recursive: true, force: true })
}
const seconds = ((performance.now() - began) / 1000).toFixed(0)
console.log(`${faults.length} faults in ${seconds} s`)
console.log(`${faults.length + 1 - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
