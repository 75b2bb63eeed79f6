/** Text files that are damaged, in another encoding, or not read to their end. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { jsonLinesSource } from '../../../src/cli/import/json-lines.js'
import { linesOf, readText } from '../../../src/cli/import/read-text.js'
import { runCli } from '../../../src/cli/run.js'
import { ValidationError } from '../../../src/errors.js'
import type { Type } from '../../../src/types/type.js'
import { fakeTerminal } from './fake-terminal.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'moraine-damage-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const table = () => join(folder, 'wh', 'ns', 't')

async function run(args: readonly string[], signal?: AbortSignal) {
  const fake = fakeTerminal(signal === undefined ? {} : { signal })
  const code = await runCli(args, fake.terminal)
  return { code, out: fake.out(), err: fake.err() }
}

describe('files that cannot be read as they are', () => {
  it.each([
    ['latin1.csv', latin1('city\nZürich\n'), 'is not text in UTF-8; convert it first'],
    ['latin1.jsonl', latin1('{"city": "Zürich"}\n'), 'is not text in UTF-8; convert it first'],
    ['cut.csv', latin1('city\n\xc3'), 'is not text in UTF-8'],
    [
      'cut.jsonl.gz',
      gzipSync('{"a": 1}\n').subarray(0, 20),
      'is not a whole gzip file: unexpected',
    ],
    ['cut.csv.gz', gzipSync('a\n1\n').subarray(0, 20), 'is not a whole gzip file: unexpected'],
    ['none.csv.gz', 'a\n1\n', 'is not a whole gzip file: incorrect header check'],
  ])('%s', async (name, content, message) => {
    const { code, err } = await run(['import', file(name, content), table()])
    expect(err).toContain(`moraine import: ${join(folder, name)} ${message}`)
    expect(err.trim().split('\n').length, 'one line, no stack').toBe(1)
    expect(code).toBe(1)
    expect((await run(['rows', table()])).code, 'no table was made').not.toBe(0)
  })

  it('a folder in the place of a file', async () => {
    const pieces = readText(folder, () => undefined, new AbortController().signal)
    await expect(pieces.next()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  it.each(['a.csv', 'a.jsonl', 'a.csv.gz'])('%s, interrupted', async (name) => {
    const text = name.includes('csv') ? 'a\n1\n' : '{"a": 1}\n'
    const path = file(name, name.endsWith('.gz') ? gzipSync(text) : text)
    const { code, err } = await run(['import', path, table()], AbortSignal.abort())
    expect(err).toBe('moraine import: the import was interrupted\n')
    expect(code).toBe(130)
  })
})

describe('lines', () => {
  async function* of(...pieces: string[]): AsyncGenerator<string> {
    yield* pieces
  }
  const lines = async (max: number, ...pieces: string[]) => {
    const all: string[] = []
    const tooLong = (line: number) => new RangeError(`line ${line}`)
    for await (const line of linesOf(of(...pieces), max, tooLong)) all.push(line)
    return all
  }

  it('lose their ends, wherever the pieces are cut', async () => {
    expect(await lines(9, 'a\r', '\nb', 'c\n', '\n', 'd')).toEqual(['a', 'bc', '', 'd'])
    expect(await lines(9, 'a\n', '')).toEqual(['a'])
  })

  it('that do not end are refused by their number', async () => {
    expect(await lines(3, 'a\n', 'bcd')).toEqual(['a', 'bcd'])
    await expect(lines(3, 'a\n', 'bcd', 'e')).rejects.toThrow('line 2')
  })
})

describe('maps in JSON lines', () => {
  it.each([
    ['[["a", 1], ["a", 2]]', 'a map has the key "a" twice'],
    ['[[null, 1]]', 'a map has no null keys'],
    ['[["a"]]', 'not a [key, value] pair'],
    ['[["a", 1, 2]]', 'not a [key, value] pair'],
    ['7', 'not an array where the table has a list'],
  ])('%s is refused', async (map, message) => {
    const type: Type = {
      kind: 'map',
      keyId: 2,
      key: { kind: 'string' },
      valueId: 3,
      valueRequired: false,
      value: { kind: 'long' },
    }
    const fields = [{ id: 1, name: 'm', required: false, type }]
    const schema = { schemaId: 0, fields, identifierFieldIds: [] }
    const source = jsonLinesSource(file('m.jsonl', `{"m": ${map}}\n`))
    const chunks = source.chunks(schema, () => undefined, new AbortController().signal)
    const failed = chunks[Symbol.asyncIterator]().next()
    await expect(failed).rejects.toThrow(`object 1: ${message}`)
    await expect(failed).rejects.toBeInstanceOf(ValidationError)
  })
})
