/**
 * A run of a million histories, in blocks that can be stopped and taken up again, and the page that tells of it.
 *
 *   node tests/sim/million.mjs FOLDER --run      runs the blocks that FOLDER lacks, one process (npm run build first)
 *   node tests/sim/million.mjs FOLDER            writes spec/model/million.md from the blocks that are there
 *
 * Also: --blocks N (default 100), --size N (histories of a block, default 10,000), --state COMMIT (the state that was
 * measured, for the page), --out FILE. Several processes may share the work: --first N begins with that block.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const argument = (name, usual) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? usual : process.argv[at + 1]
}

const folder = process.argv[2]
const blocks = Number(argument('blocks', 100))
const size = Number(argument('size', 10_000))
const fileOf = (block) => join(folder, `${block}.json`)
const count = (n) => Math.round(n).toLocaleString('en-US')

function run() {
  mkdirSync(folder, { recursive: true })
  for (let block = Number(argument('first', 0)); block < blocks; block++) {
    if (existsSync(fileOf(block))) continue
    const part = `${fileOf(block)}.part`
    const args = ['--histories', size, '--from', block * size + 1, '--processes', 1, '--json', part]
    const simulation = fileURLToPath(new URL('run.mjs', import.meta.url))
    spawnSync(process.execPath, [simulation, ...args.map(String)], { stdio: ['ignore', 'ignore', 'inherit'] })
    // Failures are in the file; without one the block was not run to its end.
    if (existsSync(part)) renameSync(part, fileOf(block))
  }
}

function add(sums, entries) {
  for (const [name, n] of entries) sums.set(name, (sums.get(name) ?? 0) + n)
}

function gather() {
  const sum = { done: 0, histories: 0, calls: 0, cpuMs: 0, least: Number.POSITIVE_INFINITY }
  const [told, kinds, cells] = [new Map(), new Map(), new Map()]
  const failed = []
  for (let block = 0; block < blocks; block++) {
    if (!existsSync(fileOf(block))) continue
    const part = JSON.parse(readFileSync(fileOf(block), 'utf8'))
    sum.done++
    sum.histories += part.count
    sum.calls += part.calls
    sum.cpuMs += part.cpuMs
    sum.least = Math.min(sum.least, part.least)
    failed.push(...part.failed)
    add(told, Object.entries(part.told))
    add(kinds, Object.entries(part.kinds))
    add(cells, part.coverage)
  }
  return { ...sum, told, kinds, cells, failed }
}

const list = (sums) =>
  [...sums]
    .sort((a, b) => b[1] - a[1])
    .map(([name, n]) => `${name} ${count(n)}`)
    .join(', ')

const FINDINGS = '## What was found out'

/** What somebody wrote below the figures stays. */
function findings(file) {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const at = text.indexOf(FINDINGS)
  return at < 0 ? '' : `\n${text.slice(at)}`
}

function page(all) {
  const { done, histories, calls, cpuMs, least, told, kinds, cells, failed } = all
  const whole = done === blocks
  const rarest = [...cells].sort((a, b) => a[1] - b[1]).slice(0, 10)
  const state = argument('state')
  return `# A run of a million histories

Made by \`node tests/sim/million.mjs\` from what \`npm run sim\` said of blocks of ${count(size)} seeds each, from seed 1 on. The run is repeated by

\`\`\`sh
npm run build
node tests/sim/million.mjs million-blocks --run
node tests/sim/million.mjs million-blocks
\`\`\`

and takes up where it was stopped. A block by itself: \`npm run sim -- --histories ${size} --from 1 --json 0.json\`.
${state === undefined ? '' : `The state measured is ${state}; seeds draw other histories in other states.\n`}
| | |
| --- | ---: |
| blocks done | ${done} of ${blocks}${whole ? '' : ': the run is not finished'} |
| histories | ${count(histories)} |
| histories in which a promise was broken | ${failed.length} |
| calls to the store | ${count(calls)} (at least ${least} in each) |
| processor time | ${(cpuMs / 3_600_000).toFixed(1)} h, ${((histories / cpuMs) * 1000).toFixed(0)} histories a second of one core |
| places of faults (operation × fault × step) | ${cells.size} |

${verdict(histories, failed)}

What changes were told: ${list(told)}.

What was committed: ${list(kinds)}.

The places where the fewest faults happened:

| place | faults |
| --- | ---: |
${rarest.map(([cell, n]) => `| ${cell} | ${count(n)} |`).join('\n')}
`
}

function verdict(histories, failed) {
  if (failed.length === 0) {
    const bound = (3 / histories).toExponential(1)
    return `No promise was broken. By the rule of three fewer than ${bound} of such histories break one, at 95 %.`
  }
  const seeds = failed.map(({ seed, bad }) => `- seed ${seed}: ${bad[0]} (\`npm run sim -- --seed ${seed}\`)`)
  return `Promises were broken:\n\n${seeds.join('\n')}`
}

if (folder === undefined || folder.startsWith('--')) {
  console.error('which folder? node tests/sim/million.mjs FOLDER [--run]')
  process.exitCode = 2
} else if (process.argv.includes('--run')) {
  run()
} else {
  const all = gather()
  if (all.histories === 0) {
    console.error(`${folder} holds no block`)
    process.exitCode = 1
  } else {
    const out = argument('out', fileURLToPath(new URL('../../spec/model/million.md', import.meta.url)))
    writeFileSync(out, page(all) + findings(out))
    console.log(`${all.done} blocks, ${all.histories} histories, ${all.failed.length} failed: ${out}`)
  }
}
