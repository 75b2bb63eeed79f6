/** What slots hold: table metadata, tombstones and retired markers (rules C4, C17, C20). */
import { ObjectReader } from '../codec/json/object-reader.js'
import { parseJson } from '../codec/json/parse.js'
import { encodeJson } from '../codec/json/stringify.js'
import { jsonInt, jsonObject } from '../codec/json/value.js'
import type { Env } from '../env/env.js'
import type { Limits } from '../env/limits.js'
import { CorruptData } from '../errors.js'
import type { TableMetadata } from '../format/model.js'
import { readTableMetadata } from '../format/read-table-metadata.js'
import { encodeTableMetadata } from '../format/write-table-metadata.js'
import type { ReadOptions, Store } from '../store/store.js'
import { sha256Hex } from '../util/sha256.js'
import { decodeUtf8 } from '../util/utf8.js'
import { recentMetadata } from './recent-metadata.js'

interface InSlot {
  readonly path: string
  /** SHA-256 of the stored bytes. */
  readonly hash: string
}

/** A table was dropped here. */
export interface Tombstone extends InSlot {
  readonly kind: 'tombstone'
  readonly tableUuid: string
  readonly droppedAtMs: number
}

/** Metadata was here, and has left the metadata log. */
export interface Retired extends InSlot {
  readonly kind: 'retired'
  /** Hash of what was here; undefined for an empty file. */
  readonly formerHash: string | undefined
}

export interface LiveMetadata extends InSlot {
  readonly kind: 'metadata'
  readonly metadata: TableMetadata
}

export type SlotContent = LiveMetadata | Tombstone | Retired

const TOMBSTONE_KEY = 'moraine-tombstone'
const RETIRED_KEY = 'moraine-retired'
/** How every marker that we write begins. */
const MARKER_START = '{"moraine-'
const MARKER_BYTES_MAX = 64 * 1024

/** Bytes of a slot, within the limit on metadata files. */
export function readSlotBytes(
  store: Store,
  path: string,
  limits: Limits,
  options: ReadOptions = {},
): Promise<Uint8Array> {
  return store.read(path, undefined, {
    ...options,
    maxBytes: limits.metadataBytes,
    limitName: 'metadataBytes',
  })
}

export async function readSlot(
  store: Store,
  path: string,
  limits: Limits,
  options: ReadOptions = {},
): Promise<SlotContent> {
  return parseSlot(await readSlotBytes(store, path, limits, options), path, limits)
}

/** Throws `CorruptData` for anything that a slot may not hold (C4). */
export function parseSlot(bytes: Uint8Array, path: string, limits: Limits): SlotContent {
  const hash = sha256Hex(bytes)
  if (bytes.length === 0) return { kind: 'retired', path, hash, formerHash: undefined }
  const marker = parseMarker(bytes, path, limits)
  if (marker !== undefined) return { ...marker, path, hash }
  const parse = (): TableMetadata => readTableMetadata(bytes, { limits, path })
  return {
    kind: 'metadata',
    path,
    hash,
    metadata: recentMetadata(limits, hash, bytes.length, parse),
  }
}

type Marker = Omit<Tombstone, keyof InSlot> | Omit<Retired, keyof InSlot>

function parseMarker(bytes: Uint8Array, path: string, limits: Limits): Marker | undefined {
  if (bytes.length > MARKER_BYTES_MAX) return undefined
  if (decodeUtf8(bytes.subarray(0, MARKER_START.length)) !== MARKER_START) return undefined
  const reader = new ObjectReader(parseJson(bytes, { limits, path }), { path })
  if (reader.has(TOMBSTONE_KEY)) {
    checkMarkerVersion(reader, TOMBSTONE_KEY)
    return {
      kind: 'tombstone',
      tableUuid: reader.string('table-uuid'),
      droppedAtMs: Number(reader.long('dropped-at-ms')),
    }
  }
  if (!reader.has(RETIRED_KEY)) return undefined
  checkMarkerVersion(reader, RETIRED_KEY)
  return { kind: 'retired', formerHash: reader.string('sha256') }
}

function checkMarkerVersion(reader: ObjectReader, key: string): void {
  if (reader.int(key) !== 1) {
    throw new CorruptData(`${reader.path} is a ${key} of a later version of moraine`, {
      details: { path: reader.path },
    })
  }
}

/** Blanks and tabs at the end of an attempt: 64 random bits. */
const NONCE_BYTES = 8

/**
 * Metadata as one attempt sends it: no two attempts have equal bytes, not even those of two writers
 * that make the same change at the same moment, so equal content means the same attempt (C2). The
 * difference is white space after the document, which JSON allows and every reader skips.
 */
export function encodeAttempt(env: Env, metadata: TableMetadata): Uint8Array {
  const document = encodeTableMetadata(metadata)
  const bytes = new Uint8Array(document.length + 1 + 8 * NONCE_BYTES)
  bytes.set(document)
  bytes[document.length] = 0x0a
  for (const [index, byte] of env.randomBytes(NONCE_BYTES).entries()) {
    for (let bit = 0; bit < 8; bit++) {
      bytes[document.length + 1 + 8 * index + bit] = (byte >> bit) & 1 ? 0x09 : 0x20
    }
  }
  return bytes
}

export function encodeTombstone(tombstone: {
  /** Makes it different from that of another writer who drops the same table. */
  readonly attempt: string
  readonly tableUuid: string
  readonly droppedAtMs: number
  /** The metadata file that was the head; undefined when there never was one. */
  readonly lastMetadata: string | undefined
}): Uint8Array {
  return encodeJson(
    jsonObject([
      [TOMBSTONE_KEY, jsonInt(1)],
      ['attempt', tombstone.attempt],
      ['table-uuid', tombstone.tableUuid],
      ['dropped-at-ms', jsonInt(tombstone.droppedAtMs)],
      ['last-metadata', tombstone.lastMetadata],
    ]),
  )
}

/** Keeps the hash of what it replaces, so that a late question about that commit has an answer. */
export function encodeRetired(retired: {
  readonly formerHash: string
  readonly tableUuid: string
}): Uint8Array {
  return encodeJson(
    jsonObject([
      [RETIRED_KEY, jsonInt(1)],
      ['sha256', retired.formerHash],
      ['table-uuid', retired.tableUuid],
    ]),
  )
}
