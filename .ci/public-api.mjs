/**
 * The public API as text, from the declaration files that the build emits: one section per subpath
 * of `exports`, every exported name with its declaration, sorted, without comments.
 *
 *   node .ci/public-api.mjs            writes spec/public-api.txt
 *   node .ci/public-api.mjs --check    compares with it; prints the difference and exits 1
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { blank } from './source-text.mjs'

const LISTING = 'spec/public-api.txt'
const modules = new Map()

/** The top-level statements of a declaration file, comments removed, white space collapsed. */
function statementsOf(text) {
  const statements = []
  let depth = 0
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if ('{(['.includes(char)) depth++
    else if ('})]'.includes(char)) depth--
    const closes = depth === 0 && (char === ';' || (char === '}' && endsBlock(text, start, at)))
    if (closes) {
      statements.push(tidy(text.slice(start, at + 1)))
      start = at + 1
    }
  }
  return statements.filter((statement) => statement !== '' && statement !== ';')
}

/** Whether the `}` at `at` ends an interface, class, namespace or enum (these have no semicolon). */
function endsBlock(text, start, at) {
  const head = text.slice(start, at).trimStart()
  return /^(export )?(declare )?(abstract )?(interface|class|namespace|module|enum)\b/.test(head)
}

function tidy(statement) {
  const lines = statement.split('\n').map((line) => line.trimEnd())
  return lines
    .filter((line) => line.trim() !== '')
    .join('\n')
    .trim()
}

/** `{ declarations: name → text, exports: exported name → { name, from? } }` of one file. */
function load(file) {
  const cached = modules.get(file)
  if (cached !== undefined) return cached
  const module = { declarations: new Map(), exports: new Map(), imports: new Map() }
  modules.set(file, module)
  for (const statement of statementsOf(blank(readFileSync(file, 'utf8'), { strings: false }))) {
    const list = statement.match(
      /^(export|import)\s+(?:type\s+)?\{([^}]*)\}(?:\s*from\s*['"]([^'"]+)['"])?/,
    )
    if (list !== null) addList(module, file, list)
    else addDeclaration(module, statement)
  }
  return module
}

function addList(module, file, [, verb, names, specifier]) {
  for (const part of names.split(',').map((name) => name.trim().replace(/^type\s+/, ''))) {
    if (part === '') continue
    const [name, alias] = part.split(/\s+as\s+/)
    const from = specifier?.startsWith('.') ? resolveFrom(file, specifier) : specifier
    const target = { name, ...(from !== undefined && { from }) }
    if (verb === 'export') module.exports.set(alias ?? name, target)
    else module.imports.set(alias ?? name, target)
  }
}

function addDeclaration(module, statement) {
  const match = statement.match(
    /^(export\s+)?(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:interface|class|type|const|let|var|function|namespace|enum)\s+([\w$]+)/,
  )
  if (match === null) return
  const [, exported, name] = match
  const text = statement.replace(/^export\s+/, '').replace(/^declare\s+/, '')
  const before = module.declarations.get(name)
  module.declarations.set(name, before === undefined ? text : `${before}\n${text}`)
  if (exported !== undefined) module.exports.set(name, { name })
}

function resolveFrom(file, specifier) {
  return normalize(join(dirname(file), specifier)).replace(/\.js$/, '.d.ts')
}

/** The declaration behind an exported name, through re-exports; the package's name when foreign. */
function declarationOf(file, name) {
  const module = load(file)
  const target = module.exports.get(name) ?? module.imports.get(name)
  if (target?.from !== undefined) {
    return target.from.endsWith('.d.ts')
      ? declarationOf(target.from, target.name)
      : `(from ${target.from}) ${target.name}`
  }
  const local = target?.name ?? name
  const text = module.declarations.get(local)
  if (text !== undefined) return text
  const imported = module.imports.get(local)
  return imported === undefined ? `(missing) ${name}` : declarationOf(imported.from, imported.name)
}

function section(subpath, file) {
  const names = [...load(file).exports.keys()].sort()
  const entries = names.map((name) => `${name}\n${indent(declarationOf(file, name))}`)
  return `# ${subpath}: ${names.length} names\n\n${entries.join('\n\n')}\n`
}

function indent(text) {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}

function listing() {
  const { name, exports } = JSON.parse(readFileSync('package.json', 'utf8'))
  return Object.entries(exports)
    .filter(([, target]) => typeof target === 'object' && target.types !== undefined)
    .map(([subpath, target]) => section(join(name, subpath), normalize(target.types)))
    .join('\n')
}

const current = listing()
if (!process.argv.includes('--check')) {
  writeFileSync(LISTING, current)
  console.log(`${LISTING}: ${current.split('\n').length} lines`)
} else {
  const kept = existsSync(LISTING) ? readFileSync(LISTING, 'utf8') : ''
  const missing = current.includes('(missing)')
  if (kept !== current) printDifference(kept.split('\n'), current.split('\n'))
  const failed = kept !== current || missing
  if (failed)
    console.log(`${LISTING} differs from the build: look at the change, then run npm run api`)
  console.log(failed ? '0 passed, 1 failed' : '1 passed, 0 failed')
  process.exit(failed ? 1 : 0)
}

function printDifference(before, after) {
  const [old, now] = [new Set(before), new Set(after)]
  for (const line of before) if (!now.has(line)) console.log(`- ${line}`)
  for (const line of after) if (!old.has(line)) console.log(`+ ${line}`)
}
