/**
 * What it took to find each planted bug, kept beside this file (`record.json`): a hunt of hours can be
 * broken off and gone on with. A bug whose edits change, and a survivor of another state of the
 * library, are hunted anew; a bug once found on a range counts as found, at the state named with it.
 */
import { createHash } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'

export const RANGES = 5
export const CAP = 20_000
/** For bugs that are hunted in histories of one kind alone, one in 200 of all. */
export const CAP_SPECIAL = 100

const RECORD = new URL('./record.json', import.meta.url)

/** Changes whenever the edits of a planted bug do. */
export function fingerprint(patches) {
  return createHash('sha256').update(JSON.stringify(patches)).digest('hex').slice(0, 12)
}

export function readRecord(file = RECORD) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return {}
    throw error
  }
}

/** One line for each bug and range, so that two hunts are easily brought together. */
export function writeRecord(record, file = RECORD) {
  const bugs = Object.entries(record).map(([name, { edits, ranges }]) => {
    const lines = Object.entries(ranges).map(([range, seen]) => `      "${range}": ${JSON.stringify(seen)}`)
    return `  ${JSON.stringify(name)}: {\n    "edits": "${edits}",\n    "ranges": {\n${lines.join(',\n')}\n    }\n  }`
  })
  const part = new URL(`${file.href}.part`)
  writeFileSync(part, `{\n${bugs.join(',\n')}\n}\n`)
  renameSync(part, file)
}

/** What is known of a bug; what was seen with other edits is forgotten. */
export function entryOf(record, name, patches) {
  const edits = fingerprint(patches)
  if (record[name]?.edits !== edits) record[name] = { edits, ranges: {} }
  return record[name]
}

/** Where a hunt on a range goes on: after how many histories; undefined when it is over. */
export function triedSoFar(entry, range, state) {
  const seen = entry.ranges[range]
  if (seen?.found !== undefined) return undefined
  return seen?.state === state ? seen.survived : 0
}

/** `spec/model/mutants.md`. */
export function table(record, names, special, unnoticed) {
  const rows = names.map((name) => {
    const ranges = record[name]?.ranges ?? {}
    const cells = Array.from({ length: RANGES }, (_, i) => cell(ranges[i + 1]))
    const by = [...new Set(Object.values(ranges).flatMap(({ by }) => by ?? []))]
    const states = [...new Set(Object.values(ranges).map(({ state }) => state))]
    const title = special[name] === undefined ? name : `${name} (histories of ${special[name]})`
    return `| ${[title, ...cells, by.join(', '), states.join(', ')].join(' | ')} |`
  })
  const found = names.filter((name) => isFound(record, name)).length
  const ranges = Array.from({ length: RANGES }, (_, i) => i + 1)
  return `${[
    '# Planted bugs, and what finds them',
    '',
    'Made from `tests/sim/mutants/record.json` by `npm run sim:mutants -- --table`; `../simulation.md` says what the names stand for. A number is',
    `how many histories of a range of seeds it took until a promise was seen broken (${CAP.toLocaleString('en')} at most); the states are those of the library`,
    `and the simulator that it was measured at, as commits. Some bugs only show in histories of rows, or of grouped appends, each of which is one in 200: they are`,
    `hunted in those alone (${CAP_SPECIAL} at most).`,
    '',
    `${found} of ${names.length + Object.keys(unnoticed).length} planted bugs were found on all ${RANGES} ranges; the others are named at the end.`,
    '',
    `| bug | ${ranges.map((range) => `range ${range}`).join(' | ')} | promise | state |`,
    `| --- |${' ---: |'.repeat(RANGES)} --- | --- |`,
    ...rows,
    '',
    '## Not found on every range',
    '',
    'These were planted too, and each survived at least one range. What it would take:',
    '',
    ...Object.entries(unnoticed).map(([name, why]) => `- ${name}: ${why}.`),
  ].join('\n')}\n`
}

export function isFound(record, name, count = RANGES) {
  const ranges = record[name]?.ranges ?? {}
  return Array.from({ length: count }, (_, i) => ranges[i + 1]?.found).every((n) => n !== undefined)
}

function cell(seen) {
  if (seen === undefined) return '·'
  return seen.found === undefined ? `> ${seen.survived}` : `${seen.found}`
}
