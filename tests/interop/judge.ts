/** Which findings are allowed to stand, and why. */
import { readFileSync } from 'node:fs'
import { type KnownFault, PEER_FAULTS, REFUSALS } from './known.js'
import type { Finding } from './run-scenario.js'
import type { Engine } from './scenario.js'

export interface Judged extends Finding {
  /** Why a peer's fault or refusal, or a refusal of ours, is no failure. */
  readonly excuse?: string
  /** Whose fault it is, where it is known. */
  readonly faultOf?: Engine
  /** Whether the run is red because of it. */
  readonly red: boolean
}

export function judge(finding: Finding): Judged {
  if (finding.verdict === 'equal') return { ...finding, red: false }
  if (finding.verdict === 'refused') {
    // What a peer says it cannot do is its own affair; a difference has to be known by name.
    return finding.party === 'moraine' ? ourRefusal(finding) : { ...finding, red: false }
  }
  const known = PEER_FAULTS.find((fault) => matches(fault, finding))
  if (known === undefined) return { ...finding, red: true }
  return { ...finding, excuse: known.because, faultOf: known.engine, red: false }
}

function ourRefusal(finding: Finding): Judged {
  const refusal = REFUSALS.find((one) => one.says.test(finding.reason ?? ''))
  if (refusal === undefined || !conformancePage().includes(refusal.row)) {
    return { ...finding, red: true }
  }
  return { ...finding, excuse: `conformance: ${refusal.row}`, red: false }
}

function matches(fault: KnownFault, finding: Finding): boolean {
  return (
    fault.engine === (fault.wrote === true ? finding.writer : finding.party) &&
    fault.scenario.test(finding.scenario) &&
    (fault.where === undefined || finding.facts?.includes(fault.where) === true) &&
    (fault.writer === undefined || fault.writer === finding.writer) &&
    fault.says.test(finding.reason ?? '')
  )
}

let page: string | undefined
function conformancePage(): string {
  page ??= readFileSync('spec/conformance.md', 'utf8')
  return page
}
