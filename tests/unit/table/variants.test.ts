/** Tables with variants through the public API: changes of rows, Arrow, adopted files, the command. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCli } from '../../../src/cli/run.js'
import {
  InvalidArgument,
  LimitExceeded,
  Unsupported,
  ValidationError,
} from '../../../src/errors.js'
import { col, connect, t, Variant, VariantScalar } from '../../../src/index.js'
import { memoryStore } from '../../../src/testing/index.js'
import { fakeTerminal } from '../cli/fake-terminal.js'

const price = new VariantScalar('decimal', '1.50')
const rows = [
  { id: 1, v: { a: [1, price] }, n: 1 },
  { id: 2, v: null, n: 2 },
  { id: 3, v: Variant.of(null), n: 3 },
  { id: 4, v: 'x', n: 4 },
]
const schema = { id: t.long().required(), v: t.variant(), n: t.int() }

async function made(properties: Readonly<Record<string, string>> = {}) {
  const catalog = await connect('memory:/wh', { store: memoryStore(), workers: 0 })
  const table = await catalog.createTable('a.t', { formatVersion: 3, schema, properties })
  await table.append(rows)
  return { catalog, table }
}

interface Scanned {
  readonly scan: () => {
    toArray(options: { readonly variants: 'binary' }): Promise<readonly unknown[]>
  }
}

/** Each row as text; NULL is no variant, `null` is one. */
async function shown(table: Scanned): Promise<readonly string[]> {
  const read = (await table.scan().toArray({ variants: 'binary' })) as readonly {
    readonly id: bigint
    readonly v: Variant | null
    readonly n: number | null
  }[]
  return read.map(({ id, v, n }) => `${id} ${v === null ? 'NULL' : v.toJsonText()} ${n}`).sort()
}

describe.each(['copy-on-write', 'merge-on-read'])('rows change, %s', (mode) => {
  test('by values, by functions, by merge; what is not named stays byte for byte', async () => {
    const { table } = await made({
      'write.delete.mode': mode,
      'write.update.mode': mode,
      'write.merge.mode': mode,
    })
    await table.update(col('id').eq(1n), { n: 10 })
    await table.update(col('id').eq(2n), { v: { new: [true] } })
    await table.update(col('id').eq(4n), { v: (row: { readonly v: unknown }) => ({ was: row.v }) })
    await table.delete(col('v').isNull())
    expect(await shown(table)).toEqual([
      '1 {"a":[1,1.5]} 10',
      '2 {"new":[true]} 2',
      '3 null 3',
      '4 {"was":"x"} 4',
    ])
    const [first] = await table.scan({ where: col('id').eq(1n) }).toArray({ variants: 'binary' })
    expect(first?.v).toEqual(Variant.of({ a: [1, price] }))
    await table.upsert(
      [
        { id: 3, v: [1], n: 0 },
        { id: 9, v: {}, n: 9 },
      ],
      { on: ['id'] },
    )
    expect(await shown(table)).toContain('3 [1] 0')
    await expect(table.upsert([{ id: 3, v: [1], n: 0 }], { on: ['v'] })).rejects.toThrow(
      InvalidArgument,
    )
    await expect(table.delete(col('v').eq('x'))).rejects.toThrow(InvalidArgument)
    expect((await table.verify()).violations).toEqual([])
  })
})

describe('variants go on', () => {
  test('as Arrow: from a scan into another table, and as a column of a schema', async () => {
    const { catalog, table } = await made()
    const arrow = await table.scan().toArrow()
    const copy = await catalog.createTable('a.copy', { formatVersion: 3, schema })
    await copy.append(arrow)
    expect(await shown(copy)).toEqual(await shown(table))
    const empty = await catalog.createTable('a.empty', {
      formatVersion: 3,
      schema: { id: t.long() },
    })
    const joined = await empty.updateSchema((s) => s.unionByName(arrow.schema))
    expect(joined.schema.fields.map(({ name, type }) => [name, type.kind])).toEqual([
      ['id', 'long'],
      ['v', 'variant'],
      ['n', 'int'],
    ])
  })

  test('as what reads gave: plain values, scalars and stored variants', async () => {
    const { catalog, table } = await made()
    const copy = await catalog.createTable('a.copy', { formatVersion: 3, schema })
    await copy.append(await table.scan().toArray({ variants: 'binary' }))
    expect(await shown(copy)).toEqual(await shown(table))
    const plain = await catalog.createTable('a.plain', { formatVersion: 3, schema })
    await plain.append(await table.scan().toArray())
    expect(await shown(plain)).toEqual(
      (await shown(table)).map((row) => row.replace(' null ', ' NULL ')),
    )
  })

  test('what no variant holds is refused by row and column, and nothing is committed', async () => {
    const { table } = await made()
    const before = table.metadataLocation
    const bad = [
      { id: 9, v: 1, n: 1 },
      { id: 10, v: { f: () => 1 }, n: 1 },
    ]
    await expect(table.append(bad)).rejects.toThrow("row 1, column 'v'")
    await expect(table.append(bad)).rejects.toThrow(ValidationError)
    const broken = new Variant(new Uint8Array([1, 0, 0]), new Uint8Array([2, 1, 5]))
    await expect(table.append([{ id: 9, v: broken, n: 1 }])).rejects.toThrow(ValidationError)
    expect(table.metadataLocation).toBe(before)
  })

  test('the limits of the connection hold on both ways', async () => {
    const store = memoryStore()
    const low = { store, workers: 0, limits: { variantDepth: 2 } } as const
    const catalog = await connect('memory:/wh', low)
    const table = await catalog.createTable('a.t', { formatVersion: 3, schema })
    await expect(table.append([{ id: 1, v: [[[]]], n: 1 }])).rejects.toThrow(LimitExceeded)
    const free = await connect('memory:/wh', { store, workers: 0 })
    await (await free.loadTable('a.t')).append([{ id: 1, v: [[[]]], n: 1 }])
    await table.refresh()
    await expect(table.scan().toArray()).rejects.toThrow(LimitExceeded)
    expect(await table.scan({ select: ['id'] }).count()).toBe(1)
  })

  test.each([
    ['a partition source', { partitionBy: ['v'] }, InvalidArgument],
    ['a sort column', { sortBy: ['v'] }, InvalidArgument],
    ['format version 2', { formatVersion: 2 as const }, Unsupported],
  ])('not as %s', async (_, options, error) => {
    const catalog = await connect('memory:/wh', { store: memoryStore(), workers: 0 })
    const asked = catalog.createTable('a.t', { formatVersion: 3, schema, ...options } as never)
    await expect(asked).rejects.toThrow(error)
  })
})

describe('the command and adopted files', () => {
  let folder = ''
  let place = ''
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'moraine-variants-'))
    const catalog = await connect(join(folder, 'wh'), { workers: 0 })
    const table = await catalog.createTable('a.t', { formatVersion: 3, schema })
    await table.append(rows.slice(0, 2))
    await table.append(rows.slice(2))
    place = join(folder, 'wh', 'a', 't')
    await catalog.close()
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const run = async (...args: string[]): Promise<string> => {
    const { terminal, out, err } = fakeTerminal()
    expect(await runCli(['rows', place, ...args], terminal), err()).toBe(0)
    return out()
  }

  test('JSON lines are canonical, CSV and tables show JSON', async () => {
    const lines = (await run('--format', 'jsonl', '--where', 'id = 4 or id = 3'))
      .trim()
      .split('\n')
      .sort()
    expect(lines).toEqual([
      '{"id":"3","v":{"metadata":"0x010000","value":"0x00","json":"null"},"n":3}',
      '{"id":"4","v":{"metadata":"0x010000","value":"0x0578","json":"\\"x\\""},"n":4}',
    ])
    expect(await run('--format', 'csv', '--where', 'id = 1')).toBe(
      'id,v,n\n1,"{""a"":[1,1.5]}",1\n',
    )
    expect(await run('--format', 'csv', '--where', 'id = 4')).toBe('id,v,n\n4,x,4\n')
    expect(await run('--format', 'table', '--where', 'id = 1')).toContain('{"a":[1,1.5]}')
  })

  test('Parquet files that were written apart are adopted with their variants', async () => {
    const file = join(folder, 'apart.parquet')
    await run('--format', 'parquet', '--output', file)
    const catalog = await connect(join(folder, 'wh'), { workers: 0, readRoots: [folder] })
    const adopted = await catalog.createTable('a.adopted', { formatVersion: 3, schema })
    await adopted.addFiles([file])
    const table = await catalog.loadTable('a.t')
    expect(await shown(adopted)).toEqual(await shown(table))
    expect(await adopted.scan({ where: col('v').isNull() }).count()).toBe(1)
    await catalog.close()
  })
})
