/** The planted bugs of `npm run sim:mutants`: their places are there, and one is hunted. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { MUTANTS, SPECIAL, UNNOTICED } from './mutants/mutants.mjs'
import { isFound, readRecord, table } from './mutants/record.mjs'

test('there are at least thirty, and each has its place in the built library', () => {
  expect(Object.keys(MUTANTS).length).toBeGreaterThanOrEqual(30)
  for (const [name, patches] of Object.entries(MUTANTS)) {
    for (const [file, before, after] of patches) {
      const text = readFileSync(new URL(`../../dist/${file}`, import.meta.url), 'utf8')
      expect(text.split(before).length - 1, `${name}: ${file} has this once: ${before}`).toBe(1)
      expect(after).not.toBe(before)
    }
  }
})

test('each was found on five ranges, and spec/model/mutants.md says how soon', () => {
  const record = readRecord()
  const names = Object.keys(MUTANTS)
  const survivors = names.filter((name) => !isFound(record, name))
  expect(survivors, 'npm run sim:mutants -- --record hunts them').toEqual([])
  const page = readFileSync(new URL('../../spec/model/mutants.md', import.meta.url), 'utf8')
  expect(page, 'npm run sim:mutants -- --table makes it').toBe(
    table(record, names, SPECIAL, UNNOTICED),
  )
})

/** MORAINE_MUTANTS=2/4 chooses a share; without, one that is found at once. */
function share(): readonly string[] {
  const { MORAINE_MUTANTS: wanted } = process.env
  return wanted === undefined ? ['--only', 'put, not created'] : ['--share', wanted]
}

test('the planted bugs of this share are found on five ranges of seeds', {
  timeout: 900_000,
}, () => {
  const args = ['tests/sim/mutants/run.mjs', ...share()]
  const out = execFileSync(process.execPath, args, { encoding: 'utf8' })
  expect(out).toMatch(/\n[1-9][0-9]* passed, 0 failed\n$/)
})
