/** Conditional creation and replacement. */
import { crc32c } from '../../codec/crc32.js'
import { encodeJson } from '../../codec/json/stringify.js'
import { jsonObject } from '../../codec/json/value.js'
import { concatBytes } from '../../util/bytes.js'
import { encodeUtf8 } from '../../util/utf8.js'
import { unknownOrRefused } from '../conditional.js'
import type { CreateOutcome, ReplaceOutcome } from '../store.js'
import { isNoAnswer } from '../transport.js'
import {
  type GcsAnswer,
  type GcsClient,
  type GcsRequest,
  gcsError,
  objectOf,
  shownCrc32c,
} from './client.js'
import type { Query } from './config.js'
import type { Place } from './place.js'

/** The generation of an object that is not there. */
const NOTHING = '0'
/** As `head` gives it, and never what could become another parameter. */
const GENERATION = /^[1-9][0-9]{0,19}$/

/** One conditional insert; `unknown` wherever it may have been, or may yet be, applied (S3, S4). */
export async function createObject(
  client: GcsClient,
  place: Place,
  bytes: Uint8Array,
): Promise<CreateOutcome> {
  const answer = await client.once(insertRequest(client, place, bytes, NOTHING))
  if (answer.status === 200) return { outcome: 'created' }
  if (answer.status === 412) return { outcome: 'exists' }
  const cause = gcsError(answer, 'create', place.path)
  const feature = 'conditional-create'
  return unknownOrRefused(answer, cause, { alone: true, feature, path: place.path })
}

/** The same while the object has this generation. */
export async function replaceObject(
  client: GcsClient,
  place: Place,
  bytes: Uint8Array,
  version: string,
): Promise<ReplaceOutcome> {
  // Of another kind of store, or made up: no object has it.
  if (!GENERATION.test(version)) return { outcome: 'changed' }
  const answer = await client.once(insertRequest(client, place, bytes, version))
  if (!isNoAnswer(answer) && answer.status === 200) {
    try {
      const generation = objectOf(answer, place.path).string('generation')
      return { outcome: 'replaced', version: generation }
    } catch (cause) {
      return { outcome: 'unknown', cause }
    }
  }
  if (answer.status === 412) return { outcome: 'changed' }
  const cause = gcsError(answer, 'replace', place.path)
  const feature = 'conditional-replace'
  return unknownOrRefused(answer, cause, { alone: true, feature, path: place.path })
}

export function putNew(client: GcsClient, place: Place, bytes: Uint8Array): Promise<GcsAnswer> {
  return client.once(insertRequest(client, place, bytes, NOTHING))
}

/** What every write of an object states in its URL. */
export function insertQuery(
  client: GcsClient,
  place: Place,
  uploadType: 'multipart' | 'resumable',
  generation: string | undefined,
): Query {
  const { kmsKeyName } = client.config
  return [
    ['uploadType', uploadType],
    ['name', place.name],
    ...(generation === undefined ? [] : ([['ifGenerationMatch', generation]] as const)),
    ...(kmsKeyName === undefined ? [] : ([['kmsKeyName', kmsKeyName]] as const)),
  ]
}

const BYTES = 'application/octet-stream'

/** The object whole, with the checksum that Google holds it against; replacing without a `generation`. */
export function insertRequest(
  client: GcsClient,
  place: Place,
  bytes: Uint8Array,
  generation?: string,
): GcsRequest {
  const about = encodeJson(
    jsonObject([
      ['contentType', BYTES],
      ['crc32c', shownCrc32c(crc32c(bytes))],
    ]),
  )
  const boundary = boundaryFor(bytes)
  const body = concatBytes([
    encodeUtf8(`--${boundary}\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n`),
    about,
    encodeUtf8(`\r\n--${boundary}\r\ncontent-type: ${BYTES}\r\n\r\n`),
    bytes,
    encodeUtf8(`\r\n--${boundary}--\r\n`),
  ])
  return {
    method: 'POST',
    resource: { service: 'upload', bucket: place.bucket, name: '' },
    query: insertQuery(client, place, 'multipart', generation),
    headers: new Map([['content-type', `multipart/related; boundary=${boundary}`]]),
    body,
  }
}

/** A line that does not stand in the bytes. */
function boundaryFor(bytes: Uint8Array): string {
  for (let n = 0; ; n++) {
    const boundary = `moraine-${n}`
    if (!holds(bytes, encodeUtf8(`--${boundary}`))) return boundary
  }
}

function holds(bytes: Uint8Array, part: Uint8Array): boolean {
  const first = part[0] as number
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let i = 1
    while (i < part.length && bytes[at + i] === part[i]) i++
    if (i === part.length) return true
  }
  return false
}
