/** The model of the commit protocol, visited as a whole; and each rule left out, to see that it is needed. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type ModelOptions, RULES } from '../../spec/model/commit-model.js'
import { explore } from '../../spec/model/explore.js'

const small: ModelOptions = { writers: 2, faults: 2, attempts: 2, sends: 2 }

describe('the model keeps every promise', () => {
  test.each([
    ['two writers, two faults', small],
    ['three writers, one fault', { writers: 3, faults: 1, attempts: 3, sends: 2 }],
    ['one writer, four faults', { writers: 1, faults: 4, attempts: 2, sends: 3 }],
  ] as const)('%s', (_, options) => {
    const { violation, states, finished } = explore(options)
    expect(violation).toBe(undefined)
    expect(states).toBeGreaterThan(300)
    expect(finished).toBeGreaterThan(20)
  })
})

describe('without a rule a promise is broken', () => {
  test.each(RULES)('%s', (rule) => {
    const found = [
      small,
      { writers: 2, faults: 3, attempts: 2, sends: 2 },
      { writers: 3, faults: 2, attempts: 2, sends: 2 },
    ].some((options) => explore({ ...options, without: rule }).violation !== undefined)
    expect(found).toBe(true)
  })
})

test('the rules that the model names are those of the protocol', () => {
  const text = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
  const protocol = text('../../spec/protocol/commit.md')
  const named = new Set(text('../../spec/model/commit-model.ts').match(/\bC\d+\b/g))
  expect(named.size).toBeGreaterThan(10)
  for (const rule of named) expect(protocol).toContain(`**${rule}. `)
})
