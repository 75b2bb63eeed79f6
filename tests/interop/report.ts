/** The report of a run as Markdown: scenario × writer × reader. */
import type { Judged } from './judge.js'

/** Versions of the engines, as their drivers tell them. */
export type Versions = Readonly<Record<string, string>>

export function report(findings: readonly Judged[], versions: Versions): string {
  const compared = findings.reduce((sum, one) => sum + one.comparisons, 0)
  const count = (test: (one: Judged) => boolean) => findings.filter(test).length
  const wrong = (one: Judged) => one.verdict === 'wrong'
  return `${[
    '# Interoperability report',
    '',
    'Written by the last run of `npm run interop`. Each scenario is written by every engine that can, and each table is',
    'read by all of them: at every snapshot, branch and tag, and under predicates.',
    '',
    ...Object.entries(versions).map(([engine, version]) => `- ${engine}: ${version}`),
    '',
    `${compared} comparisons, ${count((one) => wrong(one) && one.red)} WRONG, ` +
      `${count((one) => wrong(one) && !one.red)} known faults of other engines, ` +
      `${count((one) => one.verdict === 'refused')} refusals.`,
    '',
    '| scenario | writer | reader | result |',
    '| --- | --- | --- | --- |',
    ...merged(findings).map(
      (one) => `| ${one.scenario} | ${one.writer} | ${one.readers} | ${one.text} |`,
    ),
    '',
  ].join('\n')}\n`
}

/** Readers with the same result share a line. */
function merged(findings: readonly Judged[]) {
  const lines = new Map<
    string,
    { scenario: string; writer: string; readers: string; text: string }
  >()
  for (const one of findings) {
    const text = result(one)
    const key = [one.scenario, one.writer, text].join('\u0000')
    const line = lines.get(key)
    if (line === undefined) {
      lines.set(key, { scenario: one.scenario, writer: one.writer, readers: one.reader, text })
    } else line.readers += `, ${one.reader}`
  }
  return [...lines.values()]
}

/** A path or a generated name differs from run to run: the report is to be compared by eye. */
function result(one: Judged): string {
  if (one.verdict === 'equal') return `equal (${one.comparisons})`
  const reason = (one.reason ?? '')
    .replace(/[\w.-]*\/[\w./=%-]+/g, '…')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '…')
    .replace(/\|/g, '\\|')
    .replace(/\s+/g, ' ')
    .slice(0, 220)
  if (one.verdict === 'refused') {
    return `refused by ${one.party}: ${reason}${one.excuse === undefined ? '' : ` (${one.excuse})`}`
  }
  if (one.red) return `**WRONG** (${one.party}): ${reason}`
  return `wrong, a fault of ${one.faultOf}: ${one.excuse}`
}
