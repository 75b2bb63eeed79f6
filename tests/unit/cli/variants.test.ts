/** Variants and defaults at the command line: JSON lines in, Parquet out and in again, described. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Binary, Field, Struct } from 'apache-arrow'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { icebergTypeOf } from '../../../src/cli/import/arrow-type.js'
import { runCli } from '../../../src/cli/run.js'
import { Unsupported } from '../../../src/errors.js'
import { connect } from '../../../src/table/connect.js'
import { t } from '../../../src/types/builder.js'
import { Variant } from '../../../src/types/variant.js'
import { fakeTerminal } from './fake-terminal.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'moraine-cli-variant-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(...args: string[]) {
  const fake = fakeTerminal()
  const code = await runCli(args, fake.terminal)
  return { code, out: fake.out(), err: fake.err() }
}

const BODIES = [
  '{"tags":["new",null,{"n":1}],"user":"ada"}',
  '{"big":9223372036854775808,"price":12.50,"small":1e-3}',
  '[1,-2.25,true,"x",{}]',
  '"text"',
]

async function bodiesOf(location: string): Promise<readonly (string | null)[]> {
  const catalog = await connect(join(folder, 'wh'), { workers: 0 })
  const table = await catalog.loadTable(['app', location])
  const rows = await table.scan({ ordered: true }).toArray({ variants: 'binary' })
  await catalog.close()
  return rows.map(({ body }) => (body instanceof Variant ? body.toJsonText() : null))
}

describe('variants', () => {
  it('come from JSON lines, exact, and go to Parquet and back as variants', async () => {
    const input = join(folder, 'events.jsonl')
    const lines = BODIES.map((body, id) => `{"id": ${id}, "body": ${body}}`)
    writeFileSync(input, `${[...lines, '{"id": 9, "body": null}'].join('\n')}\n`)
    const made = join(folder, 'wh/app/events')
    expect(await run('import', input, made, '--type', 'body=variant')).toMatchObject({ code: 0 })
    const expected = [
      '{"tags":["new",null,{"n":1}],"user":"ada"}',
      '{"big":9223372036854775808,"price":12.5,"small":0.001}',
      '[1,-2.25,true,"x",{}]',
      '"text"',
      null,
    ]
    expect(await bodiesOf('events')).toEqual(expected)

    const output = join(folder, 'events.parquet')
    await run('rows', made, '--format', 'parquet', '--output', output)
    const dry = await run('import', output, join(folder, 'wh/app/copy'), '--dry-run')
    const found = dry.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(found[1]).toEqual({ name: 'body', type: 'variant' })
    expect(await run('import', output, join(folder, 'wh/app/copy'))).toMatchObject({ code: 0 })
    expect(await bodiesOf('copy')).toEqual(expected)
  })

  it('come from texts of CSV files, which have to be JSON', async () => {
    const input = join(folder, 'events.csv')
    writeFileSync(input, 'id,body\n1,"{""a"": 1.50}"\n2,\n')
    const made = join(folder, 'wh/app/texts')
    expect(await run('import', input, made, '--type', 'body=variant')).toMatchObject({ code: 0 })
    expect(await bodiesOf('texts')).toEqual(['{"a":1.5}', null])
    writeFileSync(input, 'id,body\n1,{a}\n')
    const refused = await run('import', input, made)
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.err).toContain('{a} is no JSON, which a variant is read from')
  })

  it('that are shredded are not taken for structs', () => {
    const part = (name: string) => new Field(name, new Binary(), true)
    const place = { path: 'v', extension: 'arrow.parquet.variant' }
    const group = new Struct([part('metadata'), part('value'), part('typed_value')])
    expect(() => icebergTypeOf(group, place, () => 1)).toThrow(Unsupported)
    expect(() => icebergTypeOf(group, place, () => 1)).toThrow('column v is a shredded variant')
  })
})

it('describe shows defaults, and those of earlier rows where they differ', async () => {
  const catalog = await connect(join(folder, 'wh'), { workers: 0 })
  const table = await catalog.createTable('app.defaults', {
    schema: { id: t.int(), kind: t.string().default('new') },
    formatVersion: 3,
  })
  const wider = await table.updateSchema((s) =>
    s.addColumn('tip', t.decimal(9, 2).default('0.00')).addColumn('n', t.int().default(5)),
  )
  await wider.updateSchema((s) => s.updateDefault('n', 7))
  await catalog.close()
  const { out } = await run('describe', table.location)
  expect(out).toMatch(/ 1 {2}id +int *\n/)
  expect(out).toMatch(/ 2 {2}kind +string +"new" *\n/)
  expect(out).toMatch(/ 3 {2}tip +decimal\(9,2\) +"0\.00" *\n/)
  expect(out).toMatch(/ 4 {2}n +int +7, earlier rows 5 *\n/)
  const { columns } = JSON.parse((await run('describe', table.location, '--json')).out)
  expect(columns[1]).toMatchObject({ column: 'kind', default: '"new"' })
  expect(columns[3]).toMatchObject({ column: 'n', default: '7', initialDefault: '5' })
})
