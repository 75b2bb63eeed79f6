import { v4, v7 } from 'uuid'
import type { Env } from './env.js'

/** A random version-4 UUID, canonical lower case. */
export function randomUuid(env: Env): string {
  return v4({ random: env.randomBytes(16) })
}

/** A time-ordered version-7 UUID: file names that sort by when they were made. */
export function orderedUuid(env: Env): string {
  return v7({ random: env.randomBytes(16), msecs: env.nowMs() })
}

/**
 * A positive random 63-bit snapshot id: the high half of a random UUID xor its low half, without
 * the sign bit (Iceberg spec, appendix F, "Assignment of Snapshot IDs").
 */
export function randomSnapshotId(env: Env): bigint {
  const bytes = env.randomBytes(16)
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16)
  const id = (view.getBigUint64(0) ^ view.getBigUint64(8)) & 0x7fff_ffff_ffff_ffffn
  return id === 0n ? 1n : id
}
