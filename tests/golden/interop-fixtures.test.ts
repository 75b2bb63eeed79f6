/**
 * Tables that Spark and PyIceberg wrote in the interoperability scenarios, read without either:
 * manifest.json says what wrote them, `npm run interop:fixtures` writes them anew.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { encodeRow, openTable } from '../../src/index.js'
import { difference, normalRows } from '../interop/normal-rows.js'
import type { FieldJson, Row } from '../interop/scenario.js'

const root = join(import.meta.dirname, 'interop')

interface Expected {
  readonly location: string
  readonly metadata: string
  readonly states: readonly {
    readonly label: string
    readonly at: { readonly snapshot?: string; readonly ref?: string }
    readonly fields: readonly FieldJson[]
    readonly rows: readonly string[]
  }[]
}

const expectedOf = (name: string): Expected =>
  JSON.parse(readFileSync(join(root, name, 'expected.json'), 'utf8')) as Expected

const names = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)

test('the manifest names every table', () => {
  const { tables } = JSON.parse(readFileSync(join(root, 'manifest.json'), 'utf8')) as {
    readonly tables: readonly { readonly folder: string }[]
  }
  expect(tables.map(({ folder }) => folder).sort()).toEqual([...names].sort())
})

describe.each(names)('%s', (name) => {
  const expected = expectedOf(name)
  const open = () =>
    openTable(join(root, name, 'metadata', expected.metadata), {
      relocate: { [expected.location]: join(root, name) },
      workers: 0,
    })

  test.each(expected.states.map((state) => [state.label, state] as const))(
    '%s',
    async (_label, { at, fields, rows }) => {
      const table = await open()
      const snapshot =
        at.ref !== undefined
          ? await table.asOf({ ref: at.ref })
          : at.snapshot !== undefined
            ? await table.asOf({ snapshot: BigInt(at.snapshot) })
            : table.current()
      const found: Row[] = []
      for await (const row of snapshot.scan().rows({ variants: 'binary' })) {
        found.push(JSON.parse(encodeRow(snapshot.schema, row)) as Row)
      }
      expect(difference(normalRows(fields, found), rows)).toBe('')
      expect(found).toHaveLength(rows.length)
    },
  )

  test('is sound', async () => {
    const { violations } = await (await open()).verify()
    expect(violations).toEqual([])
  })
})
