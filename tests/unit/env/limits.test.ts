import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { defaultLimits, withLimits } from '../../../src/env/env.js'

const page = readFileSync(join(import.meta.dirname, '../../../spec/limits.md'), 'utf8')
const stated = new Map(
  [...page.matchAll(/^\| `(\w+)` \| ([\d,]+)( MiB)? \|/gm)].map(
    ([, name = '', number = '', unit]) => [
      name,
      Number(number.replaceAll(',', '')) * (unit === undefined ? 1 : 1024 * 1024),
    ],
  ),
)

test('spec/limits.md states every limit and its default', () => {
  expect(Object.fromEntries(stated)).toEqual(defaultLimits)
})

test('limits are replaced one by one', () => {
  expect(withLimits(defaultLimits, { refs: 1 })).toEqual({ ...defaultLimits, refs: 1 })
  expect(withLimits(defaultLimits, undefined)).toBe(defaultLimits)
})
