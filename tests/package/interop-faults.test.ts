import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { FAULTS } from '../interop/mutants/faults.js'
import { ALL } from '../interop/scenarios/all.js'

/** `npm run interop:mutants` plants these; here only that they can still be planted. */
describe('faults for the interoperability tests', () => {
  test('have names of their own', () => {
    expect(new Set(FAULTS.map((fault) => fault.name)).size).toBe(FAULTS.length)
    expect(FAULTS.length).toBeGreaterThanOrEqual(10)
  })

  test.each(FAULTS)('$name: its places are there once each', ({ edits }) => {
    for (const { file, find, replace } of edits) {
      expect(readFileSync(file, 'utf8').split(find).length - 1).toBe(1)
      expect(replace).not.toBe(find)
    }
  })

  test.each(FAULTS)('$name: its scenarios are there', ({ scenarios }) => {
    const known = new Set(ALL.map((scenario) => scenario.name))
    expect(scenarios.length).toBeGreaterThan(0)
    expect(scenarios.filter((name) => !known.has(name))).toEqual([])
  })
})

test('scenarios have names of their own', () => {
  const names = ALL.map((scenario) => scenario.name)
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  expect(names.length).toBeGreaterThanOrEqual(60)
})
