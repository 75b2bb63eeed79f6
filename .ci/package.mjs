/**
 * The package as a stranger gets it: packs a clean copy of the tree, looks at what is in the
 * tarball, installs it in an empty folder, imports every subpath and takes a small table through
 * its life on each Node version, and compiles a program against its types.
 *
 *   node .ci/package.mjs [--nodes 20,22,24,26]
 */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const NODES = (argument('--nodes') ?? '20,22,24,26').split(',')
const PACKED_MAX_BYTES = 2 * 1024 * 1024

const root = resolve(import.meta.dirname, '..')
const work = mkdtempSync(join(tmpdir(), 'moraine-package-'))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const subpaths = Object.keys(manifest.exports).filter((path) => path !== './package.json')
let passed = 0
let failed = 0

function argument(name) {
  const at = process.argv.indexOf(name)
  return at < 0 ? undefined : process.argv[at + 1]
}

function check(name, run) {
  const began = Date.now()
  try {
    const note = run()
    passed++
    console.log(`ok   ${name}${note === undefined ? '' : `: ${note}`} (${Date.now() - began} ms)`)
  } catch (error) {
    failed++
    console.log(`FAIL ${name}\n${error instanceof Error ? error.message : error}`)
  }
}

function run(command, args, cwd, env = {}) {
  const result = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', ...env },
    timeout: 180_000,
  })
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}`
  if (result.error !== undefined) throw result.error
  if (result.status !== 0)
    throw new Error(`${command} ${args.join(' ')} → ${result.status}\n${output}`)
  return result.stdout
}

/** The tree without what git ignores, so that leftovers of earlier builds are never in the package. */
function cleanCopy() {
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: root, encoding: 'utf8' },
  )
  const copy = join(work, 'tree')
  for (const file of listed
    .split('\0')
    .filter((name) => name !== '' && !name.startsWith('tests/'))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    cpSync(join(root, file), join(copy, file))
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

function pack(copy) {
  run('npm', ['run', 'build'], copy)
  const answer = run(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', work],
    copy,
  )
  const parsed = JSON.parse(answer.slice(answer.search(/[[{]\s/)))
  return Array.isArray(parsed) ? parsed[0] : (parsed[manifest.name] ?? Object.values(parsed)[0])
}

/** Runs a script of the consumer under one major version of Node, from the npm registry if need be. */
function onNode(major, script) {
  if (process.version.startsWith(`v${major}.`)) return run(process.execPath, [script], consumer)
  return run('npm', ['exec', '--yes', '--package', `node@${major}`, '--', 'node', script], consumer)
}

const consumer = join(work, 'consumer')
let tarball = ''
check('npm pack', () => {
  const { filename, files, size, unpackedSize } = pack(cleanCopy())
  tarball = join(work, filename)
  const paths = files.map((file) => file.path)
  for (const wanted of [
    'package.json',
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'dist/cli/main.js',
  ]) {
    if (!paths.includes(wanted)) throw new Error(`the tarball lacks ${wanted}`)
  }
  const stray = paths.filter(
    (path) => !/^(dist\/.*\.(js|d\.ts|wasm)|[A-Z]+(\.md)?|package\.json)$/.test(path),
  )
  if (stray.length > 0) throw new Error(`the tarball should not hold ${stray.join(', ')}`)
  if (size > PACKED_MAX_BYTES)
    throw new Error(`the tarball has ${size} bytes, ${PACKED_MAX_BYTES} at most`)
  console.log(
    `figure: tarball ${(size / 1024).toFixed(0)} KiB, unpacked ${(unpackedSize / 1024).toFixed(0)} KiB, ${paths.length} files`,
  )
})

check('npm install TARBALL', () => {
  cpSync(join(root, '.ci/consumer'), consumer, { recursive: true })
  writeFileSync(
    join(consumer, 'package.json'),
    '{ "name": "consumer", "private": true, "type": "module" }\n',
  )
  writeFileSync(
    join(consumer, 'subpaths.json'),
    JSON.stringify(subpaths.map((path) => join(manifest.name, path))),
  )
  run('npm', ['install', '--no-audit', '--no-fund', tarball], consumer)
  const tree = run('npm', ['ls', '--all', '--parseable'], consumer)
  return `${tree.trim().split('\n').length - 1} packages`
})

for (const major of NODES) {
  check(`Node ${major}: import`, () => onNode(major, 'import.mjs').trim())
  check(`Node ${major}: a table's life`, () => onNode(major, 'smoke.mjs').trim())
}

check('installed command', () => {
  const answer = run('npx', ['--no-install', 'moraine', '--version'], consumer).trim()
  if (answer !== manifest.version) throw new Error(`--version says ${answer}`)
  return answer
})

for (const resolution of ['nodenext', 'bundler']) {
  check(`types, moduleResolution ${resolution}`, () => {
    const module = resolution === 'nodenext' ? 'nodenext' : 'esnext'
    const options = [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--target',
      'es2023',
      '--lib',
      'es2023,esnext.disposable,dom',
    ]
    const modes = [
      '--module',
      module,
      '--moduleResolution',
      resolution,
      '--skipLibCheck',
      '--types',
      '',
    ]
    run(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), ...options, ...modes, 'types.ts'],
      consumer,
    )
  })
}

rmSync(work, { recursive: true, force: true })
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
