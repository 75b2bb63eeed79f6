/** What goes wrong with which request of a commit or a scan: the rows of the table of faults. */
import type { Fault, ProxiedRequest } from '../fault-proxy.js'

export interface FaultRow {
  readonly name: string
  readonly fault: Fault
  readonly match: (request: ProxiedRequest) => boolean
  /** How many matching requests are spoiled. */
  readonly times: number
}

const isWrite = ({ method }: ProxiedRequest) => method === 'PUT' || method === 'POST'
const isRead = ({ method }: ProxiedRequest) => method === 'GET' || method === 'HEAD'
const names = (pattern: RegExp, kind: (request: ProxiedRequest) => boolean) => {
  return (request: ProxiedRequest) => kind(request) && pattern.test(request.url)
}

/** Requests by what they are for, told by the names of Iceberg's files, whatever the protocol. */
const WRITES = {
  'the new metadata file': names(/v\d+\.metadata\.json/, isWrite),
  'a data file': names(/\.parquet/, isWrite),
  'a manifest': names(/\.avro/, isWrite),
  'the version hint': names(/version-hint/, isWrite),
}
const READS = {
  'the metadata file': names(/v\d+\.metadata\.json/, isRead),
  'a data file': names(/\.parquet/, isRead),
  'a manifest': names(/\.avro/, isRead),
  'anything at all': isRead,
}

const BROKEN: readonly Fault[] = [
  'drop-before',
  'drop-after',
  'late',
  'delay',
  'duplicate',
  'duplicate-first',
  'truncate',
  'slow-body',
  'hang',
]
const ANSWERED: readonly Fault[] = [
  { status: 500 },
  { status: 500, after: true },
  { status: 502, after: true },
  { status: 503, retryAfter: '0' },
  { status: 503, after: true },
  { status: 504, after: true },
  { status: 429, retryAfter: '0' },
  { status: 408, after: true },
  // The condition is met, and somebody says it was not: 412 for a write of our own.
  { status: 412, after: true },
  { status: 403 },
  { redirect: 301 },
  { redirect: 302 },
  { redirect: 307 },
  { redirect: 308 },
]
const OF_READS: readonly Fault[] = [
  ...(['drop-before', 'drop-after', 'delay', 'truncate', 'slow-body', 'hang'] as const),
  { status: 500 },
  { status: 503, retryAfter: '0' },
  { status: 429, retryAfter: '0' },
  { status: 403 },
  { redirect: 302 },
  { redirect: 307 },
]

export const writeFaults: readonly FaultRow[] = [
  ...rows('the new metadata file', [...BROKEN, ...ANSWERED], WRITES),
  ...rows('a data file', [...BROKEN, ...ANSWERED], WRITES),
  ...rows('a manifest', [...BROKEN, ...ANSWERED], WRITES),
  ...rows('the version hint', ['drop-before', 'drop-after', 'late', { status: 403 }], WRITES),
  // For good: nobody can be asked any more.
  ...rows(
    'the new metadata file',
    ['drop-after', 'late', { status: 500, after: true }],
    WRITES,
    99,
  ),
  ...rows('a data file', ['drop-after', { status: 503 }], WRITES, 99),
  ...['drop-before', 'drop-after'].map((fault) => ({
    name: `everything from the new metadata file on: ${fault}`,
    fault: fault as Fault,
    match: fromSlotOn(),
    times: 9999,
  })),
]

export const readFaults: readonly FaultRow[] = [
  ...rows('the metadata file', OF_READS, READS),
  ...rows('a data file', OF_READS, READS),
  ...rows('a manifest', OF_READS, READS),
  ...rows('anything at all', ['drop-after', 'truncate', { status: 503 }], READS, 9999),
]

function rows(
  what: string,
  faults: readonly Fault[],
  matches: Readonly<Record<string, (request: ProxiedRequest) => boolean>>,
  times = 1,
): readonly FaultRow[] {
  const match = matches[what] as FaultRow['match']
  return faults.map((fault) => ({
    name: `${what}${times > 1 ? ', again and again' : ''}: ${faultName(fault)}`,
    ...{ fault, match, times },
  }))
}

function faultName(fault: Fault): string {
  if (typeof fault === 'string') return fault
  if ('redirect' in fault) return `redirect ${fault.redirect}`
  return `${fault.status} ${fault.after === true ? 'although it was done' : 'before it was done'}`
}

function fromSlotOn(): FaultRow['match'] {
  let begun = false
  return (request) => {
    begun ||= WRITES['the new metadata file'](request)
    return begun
  }
}
