/**
 * Bundles the core entry for browsers, which fails when anything of Node is reached, and looks at what
 * a page would load first: neither apache-arrow nor wasm before a scan or a write asks for them.
 * Prints what the entry weighs, and what the first scan loads besides.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const FIRST_LOAD_GZIP_MAX = 160 * 1024
const HEAVY = ['node_modules/apache-arrow/', 'node_modules/parquet-wasm/', '.wasm']

const outdir = mkdtempSync(join(tmpdir(), 'moraine-bundle-'))
const failures = []
try {
  const { metafile } = await build({
    entryPoints: ['dist/index.js'],
    outdir,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    loader: { '.wasm': 'file' },
    metafile: true,
    logLevel: 'error',
  })
  const chunks = firstLoad(metafile.outputs)
  for (const chunk of chunks) inspect(chunk, metafile.outputs[chunk])
  const sizes = chunks.map((chunk) => readFileSync(resolve(chunk)))
  const raw = sizes.reduce((sum, bytes) => sum + bytes.length, 0)
  const gzip = sizes.reduce((sum, bytes) => sum + gzipSync(bytes).length, 0)
  const kb = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`
  console.log(
    `figure: core entry in a browser: ${kb(raw)}, gzip ${kb(gzip)}, ${chunks.length} chunks`,
  )
  if (gzip > FIRST_LOAD_GZIP_MAX)
    failures.push(`first load is over ${kb(FIRST_LOAD_GZIP_MAX)} gzip`)
} finally {
  rmSync(outdir, { recursive: true, force: true })
}
for (const failure of failures) console.log(failure)
console.log(failures.length === 0 ? '1 passed, 0 failed' : `0 passed, ${failures.length} failed`)
process.exit(failures.length > 0 ? 1 : 0)

/** The output files that the entry pulls in before any dynamic import. */
function firstLoad(outputs) {
  const entry = Object.keys(outputs).find((name) => outputs[name].entryPoint === 'dist/index.js')
  const seen = new Set([entry])
  for (const chunk of seen) {
    for (const found of outputs[chunk].imports) {
      if (found.kind === 'import-statement' && !found.external) seen.add(found.path)
    }
  }
  return [...seen]
}

function inspect(chunk, { inputs, imports }) {
  for (const input of Object.keys(inputs)) {
    if (HEAVY.some((part) => input.includes(part))) {
      failures.push(`${relative(outdir, chunk)} holds ${input}: load it on demand`)
    }
  }
  for (const { path, kind, external } of imports) {
    if (external && kind !== 'dynamic-import') {
      failures.push(`${relative(outdir, chunk)} imports ${path} at once: import it on demand`)
    }
  }
}
