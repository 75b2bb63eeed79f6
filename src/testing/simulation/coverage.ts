/** Which faults have really happened, and where. */
import type { StoreOperation } from '../../store/observe.js'
import { FAULT_KINDS, type FaultKind, type FaultPlan, type FaultPoint, READS } from '../faults.js'

/** What a path is for in the protocol. */
export type ProtocolStep = 'slot' | 'hint' | 'manifest-list' | 'manifest' | 'data' | 'folder'

export function stepOf(path: string): ProtocolStep {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (/^v[0-9]+\..*metadata\.json/.test(name)) return 'slot'
  // Or what slots are looked for by.
  if (/^v[0-9]*\.?$/.test(name)) return 'slot'
  if (name === 'version-hint.text') return 'hint'
  if (name.startsWith('snap-')) return 'manifest-list'
  if (name.endsWith('.avro')) return 'manifest'
  return name.includes('.') ? 'data' : 'folder'
}

/** Every place where the protocol of a file catalog calls its store. */
export const PROTOCOL_CALLS: readonly (readonly [StoreOperation, ProtocolStep])[] = Object.freeze([
  ['head', 'slot'],
  ['findByPrefix', 'slot'],
  ['read', 'slot'],
  ['read', 'hint'],
  ['read', 'manifest-list'],
  ['read', 'manifest'],
  ['list', 'folder'],
  ['create', 'slot'],
  ['put', 'slot'],
  ['put', 'hint'],
  ['close', 'data'],
  ['close', 'manifest'],
  ['close', 'manifest-list'],
  ['delete', 'data'],
  ['delete', 'manifest'],
  ['delete', 'manifest-list'],
])

/** Faults that mean something at such a call: a request has no bytes that could come back damaged. */
export function faultsOfCall(operation: StoreOperation, step: ProtocolStep): readonly FaultKind[] {
  return FAULT_KINDS.filter((kind) => {
    if (kind === 'truncated') return operation === 'read' || operation === 'list'
    if (kind === 'corrupted') return operation === 'read' && step === 'slot'
    return kind !== 'stale' || READS.has(operation)
  })
}

/** Every cell that a simulation should reach. */
export function protocolCells(): readonly string[] {
  return PROTOCOL_CALLS.flatMap(([operation, step]) =>
    faultsOfCall(operation, step).map((kind) => `${operation} × ${kind} × ${step}`),
  )
}

/** Counts of `operation × fault × step`. */
export class FaultCoverage {
  readonly #counts = new Map<string, number>()

  get counts(): ReadonlyMap<string, number> {
    return this.#counts
  }

  add(operation: string, fault: string, step: ProtocolStep, count = 1): void {
    const cell = `${operation} × ${fault} × ${step}`
    this.#counts.set(cell, (this.#counts.get(cell) ?? 0) + count)
  }

  merge(cells: Iterable<readonly [string, number]>): void {
    for (const [cell, count] of cells) this.#counts.set(cell, (this.#counts.get(cell) ?? 0) + count)
  }

  /** A plan whose faults are counted. */
  watch(plan: FaultPlan): FaultPlan {
    return (point: FaultPoint): FaultKind | undefined => {
      const fault = plan(point)
      if (fault !== undefined) this.add(point.operation, fault, stepOf(point.path))
      return fault
    }
  }
}
