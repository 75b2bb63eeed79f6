/** Which findings are allowed to stand, and why. */
import { readFileSync } from 'node:fs'
import { type KnownFault, PEER_FAULTS, REFUSALS } from './known.js'
import type { Finding } from './run-scenario.js'

export interface Judged extends Finding {
  /** Why a peer's fault or refusal, or a refusal of ours, is no failure. */
  readonly excuse?: string
  /** Whether the run is red because of it. */
  readonly red: boolean
}

export function judge(finding: Finding): Judged {
  if (finding.verdict === 'equal') return { ...finding, red: false }
  if (finding.party === 'moraine') return ours(finding)
  // What a peer says it cannot do is its own affair; a difference has to be known by name.
  if (finding.verdict === 'refused') return { ...finding, red: false }
  const known = PEER_FAULTS.find((fault) => matches(fault, finding))
  if (known === undefined) return { ...finding, red: true }
  return { ...finding, excuse: known.because, red: false }
}

function ours(finding: Finding): Judged {
  if (finding.verdict !== 'refused') return { ...finding, red: true }
  const refusal = REFUSALS.find((one) => one.says.test(finding.reason ?? ''))
  if (refusal === undefined || !conformancePage().includes(refusal.row)) {
    return { ...finding, red: true }
  }
  return { ...finding, excuse: `conformance: ${refusal.row}`, red: false }
}

function matches(fault: KnownFault, finding: Finding): boolean {
  return (
    fault.engine === finding.party &&
    fault.scenario.test(finding.scenario) &&
    (fault.writer === undefined || fault.writer === finding.writer) &&
    fault.says.test(finding.reason ?? '')
  )
}

let page: string | undefined
function conformancePage(): string {
  page ??= readFileSync('spec/conformance.md', 'utf8')
  return page
}
