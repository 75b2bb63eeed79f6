/** spec/conformance.md names tests; each of them is there. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const lines = readFileSync(join(root, 'spec/conformance.md'), 'utf8')
  .split('\n')
  .filter(
    (line) => line.startsWith('| ') && !line.startsWith('| clause') && !line.startsWith('| ---'),
  )

test('the conformance page has lines', () => {
  expect(lines.length).toBeGreaterThan(30)
})

test.each(lines)('%s', (line) => {
  const proof = line.split(' | ').at(-1) ?? ''
  const references = [...proof.matchAll(/`([^`]+\.test\.ts)` "([^"]+)"/g)]
  expect(references, 'a line names a test file and a part of the test name').not.toHaveLength(0)
  for (const [, file = '', name = ''] of references) {
    const path = join(root, 'tests', file)
    expect(existsSync(path), path).toBe(true)
    // A quote in the source may be escaped there.
    expect(readFileSync(path, 'utf8').replaceAll('\\', '')).toContain(name)
  }
})
