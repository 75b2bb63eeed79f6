/** docs/object-stores.md: its program and its commands, against an S3 in this process. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { transformSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { KEYS, type S3Server, startS3 } from '../stores/s3-server.js'

vi.setConfig({ testTimeout: 120_000 })

const page = readFileSync('docs/object-stores.md', 'utf8')
const blocks = [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, code]) => ({
  language: language ?? '',
  code: code ?? '',
}))

let s3: S3Server
let folder = ''
beforeAll(async () => {
  s3 = await startS3()
  mkdirSync('dist', { recursive: true })
  // Inside the package, so that `import … from 'moraine'` finds the build as a user's import would.
  folder = resolve(mkdtempSync('dist/.page-'))
})
afterAll(async () => {
  await s3.close()
  rmSync(folder, { recursive: true, force: true })
})

async function node(...args: string[]): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    NO_COLOR: '1',
    AWS_ENDPOINT_URL: s3.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
  }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: folder, env })
  expect(stderr).toBe('')
  return stdout
}

describe('docs/object-stores.md', () => {
  it('shows one program and the commands of one table', () => {
    expect(blocks.map(({ language }) => language)).toEqual(['ts', 'sh'])
  })

  it('the program makes its table', async () => {
    const source = blocks[0]?.code ?? ''
    writeFileSync(
      join(folder, 'program.mjs'),
      transformSync(source, { loader: 'ts', target: 'es2023' }).code,
    )
    await node('program.mjs')
    const main = resolve('dist/cli/main.js')
    const rows = await node(main, 'rows', 's3://my-bucket/warehouse/nyc/trips')
    expect(rows).toBe('{"id":"1","city":"Oslo"}\n')
    s3.objects.clear()
  })

  it('the commands print the rows that were imported', async () => {
    writeFileSync(join(folder, 'trips.csv'), 'id,city,day\n1,Oslo,2026-01-31\n')
    const commands = (blocks[1]?.code ?? '').split('\n').filter((line) => line.startsWith('npx'))
    const words = commands.map((line) =>
      line
        .split(' ')
        .slice(2)
        .map((word) => word.replace(/'/g, '')),
    )
    expect(words.map(([command]) => command)).toEqual(['import', 'rows'])
    const printed: string[] = []
    for (const args of words) printed.push(await node(resolve('dist/cli/main.js'), ...args))
    expect(printed[0]).toContain('1 rows in 1 files')
    expect(printed[1]).toBe('{"id":"1","city":"Oslo","day":"2026-01-31"}\n')
  })
})
