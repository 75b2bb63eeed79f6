/**
 * `moraine/testing`: a deterministic environment, stores that fail on purpose, and the suite that
 * every store must pass. For testing your own adapters and programs against lost answers, late
 * writes and crashes.
 */

export {
  eventLoopTurn,
  type SeededEnv,
  type SeededEnvOptions,
  seededEnv,
} from '../env/seeded-env.js'
export { type LocalStoreOptions, localStore } from '../store/local.js'
export type { LocalFile, LocalFs, LocalStat } from '../store/local-fs.js'
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from '../store/memory.js'
export {
  type ObservedStore,
  observe,
  type StoreCall,
  type StoreOperation,
} from '../store/observe.js'
export type {
  CreateOutcome,
  DeleteFailure,
  ObjectInfo,
  ObjectWriter,
  ReadOptions,
  ReplaceOutcome,
  Store,
} from '../store/store.js'
export { Choices } from './choices.js'
export {
  FAULT_KINDS,
  type FaultKind,
  type FaultPlan,
  type FaultPoint,
  faultAt,
  faultsAt,
  type RandomFaultOptions,
  randomFaults,
} from './faults.js'
export { type FaultyStore, type FaultyStoreOptions, faultyStore } from './faulty-store.js'
export { type Gate, gatedStore, type WaitingCall } from './gated-store.js'
export { FaultCoverage, type ProtocolStep, protocolCells, stepOf } from './simulation/coverage.js'
export { OPERATION_WEIGHTS } from './simulation/draw-operation.js'
export type { Operation, Part, SimFile, Told } from './simulation/operation.js'
export { type HistoryOptions, type HistoryReport, runHistory } from './simulation/run-history.js'
export { type Shrunk, shrinkHistory } from './simulation/shrink-history.js'
export {
  type ConformanceCase,
  type ConformanceScale,
  storeConformance,
} from './store-conformance.js'
export type { StoreUnderTest } from './store-under-test.js'
