/** The core in a real browser: the page of docs/browser.md, built as it says, over a small server. */
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connect, day, t } from '../../src/index.js'
import { type Chromium, type Page, startChromium } from './chromium.js'
import { type HttpFilesServer, startHttpFiles } from './http-server.js'

const PAGE = readFileSync('docs/browser.md', 'utf8')
const blockOf = (language: string): string =>
  new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(PAGE)?.[1] ?? ''

let work = ''
let site: HttpFilesServer
let elsewhere: HttpFilesServer
let chromium: Chromium

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'moraine-browser-'))
  mkdirSync(join(work, 'node_modules'))
  symlinkSync(resolve('.'), join(work, 'node_modules/moraine'))
  cpSync('examples/browser', work, { recursive: true })
  // Another page: what the core gives, by hand.
  writeFileSync(join(work, 'core.ts'), "export * from 'moraine'\nexport * from 'moraine/http'\n")
  const command = blockOf('sh').trim().replace('npx esbuild', resolve('node_modules/.bin/esbuild'))
  execFileSync('bash', ['-c', command.replace('main.ts', 'main.ts core.ts')], {
    cwd: work,
    stdio: 'ignore',
  })
  cpSync(join(work, 'index.html'), join(work, 'site/index.html'))
  const catalog = await connect(join(work, 'site/warehouse'))
  for (const codec of ['zstd', 'snappy', 'gzip']) {
    const trips = await catalog.createTable(codec === 'zstd' ? 'nyc.trips' : `nyc.${codec}`, {
      schema: {
        city: t.string(),
        fare: t.decimal(9, 2),
        day: t.date(),
        at: t.timestamptz(),
        id: t.long(),
        tags: t.list(t.string()),
      },
      partitionBy: [day('at')],
      properties: { 'write.parquet.compression-codec': codec },
    })
    await trips.append(
      Array.from({ length: 2000 }, (_, i) => ({
        city: ['Oslo', 'Bergen', null][i % 3] ?? null,
        fare: `${i % 13}.50`,
        day: `2026-01-0${1 + (i % 3)}`,
        at: `2026-01-0${1 + (i % 3)}T10:00:00Z`,
        id: 2n ** 60n + BigInt(i),
        tags: [`t${i % 5}`],
      })),
    )
  }
  await catalog.close()
  site = await startHttpFiles()
  elsewhere = await startHttpFiles()
  site.folder = join(work, 'site')
  elsewhere.folder = join(work, 'site')
  chromium = await startChromium()
}, 120_000)
afterAll(async () => {
  await chromium?.close()
  await site?.close()
  await elsewhere?.close()
  rmSync(work, { recursive: true, force: true })
})
beforeEach(() => {
  for (const server of [site, elsewhere]) {
    server.seen.length = 0
    server.headers = FRESH
    server.plan = () => undefined
  }
})

/** What the browser's own cache holds from an earlier test says nothing of this one. */
const FRESH = { 'cache-control': 'no-store' }
const CORS = {
  ...FRESH,
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Content-Range, ETag',
  'access-control-allow-headers': 'x-key',
}

/** What an expression over the core (`m`) gives in a page of `site`; errors as `code: message`. */
async function inPage(page: Page, expression: string): Promise<unknown> {
  const run = `import('/core.js').then(async (m) => ${expression})`
  return page.evaluate(`${run}.catch((error) => \`\${error.code}: \${error.message}\`)`)
}

const count = (table: string, options = '{}') =>
  `(await m.openTable('${table}', ${options})).scan({ where: m.col('fare').gt('10') }).toArray().then((rows) => rows.length)`
const WANTED = Array.from({ length: 2000 }, (_, i) => i % 13).filter((fare) => fare >= 10).length

describe('in Chromium', () => {
  test('docs/browser.md shows the page of examples/browser', () => {
    expect(blockOf('ts')).toBe(readFileSync('examples/browser/main.ts', 'utf8'))
    expect(blockOf('html')).toBe(readFileSync('examples/browser/index.html', 'utf8'))
  })

  test('the page shows the rows of the table', async () => {
    const page = await chromium.open(`${site.origin}/index.html`)
    const done =
      'new Promise((r) => { const look = () => document.title.endsWith("trips") ? r(document.title) : setTimeout(look, 20); look() })'
    expect(await page.evaluate(done)).toBe(`${WANTED} trips`)
    const cells = (await page.evaluate(
      '[...document.querySelectorAll("tbody tr")].map((row) => [...row.cells].map((cell) => cell.textContent))',
    )) as string[][]
    expect(new Set(cells.map(([city]) => city))).toEqual(new Set(['Oslo', 'Bergen', 'null']))
    expect(new Set(cells.map(([, fare]) => fare))).toEqual(new Set(['10.50', '11.50', '12.50']))
    expect(page.messages).toEqual([])
    const scripts = new Set(
      site.seen.map(({ path }) => path).filter((path) => path.endsWith('.js')),
    )
    const sizes = [...scripts].map((path) => readFileSync(join(work, 'site', path)))
    const raw = sizes.reduce((sum, bytes) => sum + bytes.length, 0)
    const packed = sizes.reduce((sum, bytes) => sum + gzipSync(bytes).length, 0)
    expect(packed).toBeLessThan(320 * 1024)
    console.log(
      `figure: a page that scans loads ${(raw / 1024).toFixed(0)} KiB of scripts, gzip ${(packed / 1024).toFixed(0)} KiB, in ${scripts.size} files`,
    )
  })

  test.each(['nyc/trips', 'nyc/snappy', 'nyc/gzip'])(
    '%s has the rows that Node sees',
    async (name) => {
      const page = await chromium.open(`${site.origin}/index.html`)
      const rows = await inPage(
        page,
        `{
          const table = await m.openTable(location.origin + '/warehouse/${name}')
          const scan = table.scan({ where: 'id < 1152921504606846979' })
          const rows = []
          for await (const row of scan.rows({ as: 'json' })) rows.push(row)
          return rows
        }`,
      )
      // Files come in the order in which they are read.
      const parsed = (rows as string[])
        .map((row) => JSON.parse(row) as { id: string })
        .sort((a, b) => (a.id < b.id ? -1 : 1))
      expect(parsed.map(({ id }) => id)).toEqual([
        '1152921504606846976',
        '1152921504606846977',
        '1152921504606846978',
      ])
      expect(parsed[0]).toMatchObject({
        city: 'Oslo',
        fare: '0.50',
        day: '2026-01-01',
        tags: ['t0'],
      })
    },
  )

  test('a table of another origin is read where that lets pages, with all or the fewest headers', async () => {
    const page = await chromium.open(`${site.origin}/index.html`)
    const url = `${elsewhere.origin}/warehouse/nyc/trips`
    elsewhere.headers = CORS
    expect(await inPage(page, count(url))).toBe(WANTED)
    expect(elsewhere.seen.some(({ method }) => method === 'OPTIONS')).toBe(false)
    elsewhere.headers = { ...FRESH, 'access-control-allow-origin': '*' }
    expect(await inPage(page, count(url))).toBe(WANTED)
    elsewhere.headers = FRESH
    const refused = await inPage(page, count(url, '{ http: { maxAttempts: 1 } }'))
    expect(refused).toMatch(/Access-Control-Allow-Origin/)
  })

  test('redirects are followed, but not with headers', async () => {
    const page = await chromium.open(`${site.origin}/index.html`)
    elsewhere.headers = CORS
    site.plan = ({ path }) =>
      path.startsWith('warehouse')
        ? { status: 302, headers: { location: `${elsewhere.origin}/${path}` } }
        : undefined
    const url = `${site.origin}/warehouse/nyc/trips/metadata/v2.metadata.json`
    expect(await inPage(page, count(url))).toBe(WANTED)
    elsewhere.seen.length = 0
    const keyed = await inPage(page, count(url, "{ http: { headers: { 'x-key': 'k' } } }"))
    expect(keyed).toMatch(/^STORE_UNAVAILABLE: .*redirected/)
    expect(elsewhere.seen).toEqual([])
  })

  test('headers go along to their origin', async () => {
    const page = await chromium.open(`${site.origin}/index.html`)
    elsewhere.headers = CORS
    elsewhere.plan = ({ headers, method }) =>
      method === 'OPTIONS' || headers['x-key'] === 'k' ? undefined : { status: 401 }
    const url = `${elsewhere.origin}/warehouse/nyc/trips`
    const options = "{ http: { headers: { 'x-key': 'k' } } }"
    expect(await inPage(page, count(url, options))).toBe(WANTED)
    expect(await inPage(page, count(`${url}/metadata/v2.metadata.json`))).toMatch(/401/)
  })

  test('files that the server packs on their way come right', async () => {
    const page = await chromium.open(`${site.origin}/index.html`)
    site.plan = ({ path, headers }) =>
      /metadata\//.test(path) && headers.range === undefined ? 'gzip' : undefined
    expect(await inPage(page, count(`${site.origin}/warehouse/nyc/trips`))).toBe(WANTED)
    site.plan = ({ path }) => (path.startsWith('warehouse') ? 'whole' : undefined)
    expect(await inPage(page, count(`${site.origin}/warehouse/nyc/trips`))).toBe(WANTED)
  })

  test('tables in memory can be made and read', async () => {
    const page = await chromium.open(`${site.origin}/index.html`)
    const program = `{
      const catalog = await m.connect('memory:')
      const table = await catalog.createTable('a.b', { schema: { id: m.t.long() } })
      return table.scan().count()
    }`
    expect(await inPage(page, program)).toBe(0)
  })

  test('local folders are refused, saying why', async () => {
    const page = await chromium.open(`${site.origin}/index.html`)
    for (const call of ["m.openTable('./x')", "m.connect('/data/wh')"]) {
      expect(await inPage(page, call)).toMatch(/^UNSUPPORTED: .*local folders/)
    }
  })

  test('the built page names nothing of Node', () => {
    for (const name of readdirSync(join(work, 'site')).filter((file) => file.endsWith('.js'))) {
      const text = readFileSync(join(work, 'site', name), 'utf8')
      expect(statSync(join(work, 'site', name)).size).toBeGreaterThan(0)
      expect(text).not.toMatch(/(?:from|import)\s*\(?\s*["']node:/)
    }
  })
})
