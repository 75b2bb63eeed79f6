/** Reading TypeScript sources as text, without a parser: what the checks of this folder share. */

const REGEX_MAY_FOLLOW =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|delete|void|throw|await|yield))\s*$/

/**
 * The source with comments, and optionally the contents of string literals, replaced by spaces.
 * Line breaks stay, so that offsets and line numbers hold. Code inside `${…}` is kept.
 */
export function blank(source, { strings = true } = {}) {
  const out = []
  // One entry per template literal we are inside of: the depth of braces within its `${`.
  const templates = []
  const hide = (from, to) => {
    for (let at = from; at < to; at++) out.push(source[at] === '\n' ? '\n' : ' ')
  }
  const keep = (from, to) => {
    for (let at = from; at < to; at++) out.push(source[at])
  }
  const text = (from, to) => (strings ? hide(from, to) : keep(from, to))
  let at = 0
  while (at < source.length) {
    const char = source[at]
    const next = source[at + 1]
    if (char === '/' && (next === '/' || next === '*')) {
      const end = next === '/' ? lineEnd(source, at) : blockEnd(source, at)
      hide(at, end)
      at = end
    } else if (char === '"' || char === "'") {
      const end = quoteEnd(source, at)
      keep(at, at + 1)
      text(at + 1, end - 1)
      keep(end - 1, end)
      at = end
    } else if (char === '`' || (char === '}' && templates.at(-1) === 0)) {
      if (char === '}') templates.pop()
      const { end, opens } = templateEnd(source, at + 1)
      keep(at, at + 1)
      text(at + 1, end - (opens ? 2 : 1))
      keep(end - (opens ? 2 : 1), end)
      if (opens) templates.push(0)
      at = end
    } else if (char === '/' && REGEX_MAY_FOLLOW.test(out.slice(-40).join(''))) {
      const end = regexEnd(source, at)
      keep(at, at + 1)
      hide(at + 1, end - 1)
      keep(end - 1, end)
      at = end
    } else {
      if (templates.length > 0 && char === '{') templates[templates.length - 1]++
      if (templates.length > 0 && char === '}') templates[templates.length - 1]--
      out.push(char)
      at++
    }
  }
  return out.join('')
}

function lineEnd(source, at) {
  const end = source.indexOf('\n', at)
  return end < 0 ? source.length : end
}

function blockEnd(source, at) {
  const end = source.indexOf('*/', at + 2)
  return end < 0 ? source.length : end + 2
}

function quoteEnd(source, start) {
  let at = start + 1
  while (at < source.length && source[at] !== source[start] && source[at] !== '\n') {
    at += source[at] === '\\' ? 2 : 1
  }
  return Math.min(at + 1, source.length)
}

function templateEnd(source, start) {
  let at = start
  while (at < source.length) {
    if (source[at] === '\\') at += 2
    else if (source[at] === '`') return { end: at + 1, opens: false }
    else if (source[at] === '$' && source[at + 1] === '{') return { end: at + 2, opens: true }
    else at++
  }
  return { end: source.length, opens: false }
}

function regexEnd(source, start) {
  let at = start + 1
  let inClass = false
  while (at < source.length && source[at] !== '\n') {
    if (source[at] === '\\') at += 2
    else {
      if (source[at] === '[') inClass = true
      if (source[at] === ']') inClass = false
      if (source[at] === '/' && !inClass) return at + 1
      at++
    }
  }
  return at
}

/** The 1-based line of an offset. */
export function lineOf(source, offset) {
  let line = 1
  for (let at = source.indexOf('\n'); at >= 0 && at < offset; at = source.indexOf('\n', at + 1))
    line++
  return line
}

const IMPORT =
  /\b(import|export)\b(\s+type\b(?!\s*,|\s+from))?\s*((?:[\w*$\s,]|\{[^}]*\})*?)\s*\bfrom\s*(['"])([^'"]*)\4|\bimport\s*(['"])([^'"]*)\6|\bimport\s*\(\s*(['"`])([^'"`]*)\8/g

/**
 * Every import of a file: `{ specifier, kind: 'static' | 'type' | 'dynamic', line }`. An import
 * counts as `type` when it vanishes at run time.
 */
export function importsOf(source) {
  const code = blank(source, { strings: false })
  const found = []
  for (const match of code.matchAll(IMPORT)) {
    const specifier = match[5] ?? match[7] ?? match[9]
    const kind = match[9] !== undefined ? 'dynamic' : isTypeOnly(match) ? 'type' : 'static'
    found.push({ specifier, kind, line: lineOf(source, match.index) })
  }
  return found
}

function isTypeOnly(match) {
  if (match[5] === undefined) return false
  if (match[2] !== undefined) return true
  const names = match[3]?.match(/^\{([^}]*)\}$/)?.[1]
  if (names === undefined) return false
  const parts = names.split(',').map((part) => part.trim())
  return parts.filter((part) => part !== '').every((part) => part.startsWith('type '))
}
