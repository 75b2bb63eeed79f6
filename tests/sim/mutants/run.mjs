/**
 * Plants each bug of mutants.mjs in a copy of the built library and simulates until it is found, on
 * five disjoint ranges of seeds.
 *
 *   npm run sim:mutants                 all of them
 *   npm run sim:mutants -- --only WORD  those whose name has this word
 *   … --share 2/5                       every fifth, from the second
 *   … --cap 500 --ranges 1              histories of a range at most, and fewer ranges
 *   … --from 20                         from the twentieth on
 *
 * A bug that survives a range is a failure, and so is one whose place in the code is gone.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MUTANTS } from './mutants.mjs'

const RANGE_SIZE = 1_000_000

const argument = (name, usual) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? usual : process.argv[at + 1]
}
const cap = Number(argument('cap', 2000))
const ranges = Number(argument('ranges', 5))

/** How many histories each range needed; undefined where the bug survived. */
async function hunt(folder) {
  Error.stackTraceLimit = 0
  const { runHistory } = await import(pathToFileURL(join(folder, 'testing/index.js')).href)
  const needed = []
  const found = new Map()
  for (let range = 1; range <= ranges; range++) {
    let histories
    for (let i = 1; i <= cap && histories === undefined; i++) {
      const { bad } = await runHistory(range * RANGE_SIZE + i)
      if (bad.length === 0) continue
      histories = i
      const [invariant] = /\bI[0-9]+\b/.exec(bad[0]) ?? ['?']
      found.set(invariant, (found.get(invariant) ?? 0) + 1)
    }
    needed.push(histories ?? null)
  }
  return { needed, found: [...found.keys()] }
}

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

function main() {
  const work = mkdtempSync(join(tmpdir(), 'moraine-mutants-'))
  const library = argument('library', new URL('../../../dist', import.meta.url).pathname)
  symlinkSync(new URL('../../../node_modules', import.meta.url).pathname, join(work, 'node_modules'))
  writeFileSync(join(work, 'package.json'), '{"type":"module"}')
  const folder = join(work, 'dist')
  let [passed, failed] = [0, 0]
  try {
    for (const name of selected()) {
      const gone = plant(name, library, folder)
      const own = new URL(import.meta.url).pathname
      const args = [own, '--hunt', folder, '--cap', `${cap}`, '--ranges', `${ranges}`]
      const run = gone === undefined ? spawnSync(process.execPath, args, { encoding: 'utf8' }) : undefined
      const result = run?.status === 0 ? JSON.parse(run.stdout) : undefined
      const dead = result?.needed.every((histories) => histories !== null) === true
      if (dead) passed++
      else failed++
      const detail = gone ?? run?.stderr.slice(-400)
      const how = result === undefined ? detail : `${result.needed.map((n) => n ?? 'survived').join(' ')} (${result.found.join()})`
      console.log(`${dead ? 'dead ' : 'ALIVE'} ${name}: ${how}`)
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  console.log(`${passed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}

if (process.argv.includes('--hunt')) console.log(JSON.stringify(await hunt(argument('hunt'))))
else main()
