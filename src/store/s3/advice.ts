/** What S3's refusals mean, and what to do about them. */
const OTHER_REGION = 'the bucket is in another region; set `s3: { region }` (or AWS_REGION)'
const ENDED = 'the credentials have ended; log in again or give new ones'
const FEWER = 'the server asks for fewer requests; try again later'

const BY_CODE: ReadonlyMap<string, string> = new Map([
  ['AuthorizationHeaderMalformed', OTHER_REGION],
  ['ExpiredToken', ENDED],
  ['InvalidAccessKeyId', 'the server does not know the access key; check it, and the endpoint'],
  ['InvalidBucketName', 'no bucket has such a name; check the location'],
  ['InvalidToken', 'the session token is not valid here; check it (AWS_SESSION_TOKEN)'],
  ['NoSuchBucket', 'there is no such bucket'],
  ['RequestTimeTooSkewed', 'the clock of this machine is wrong'],
  ['SignatureDoesNotMatch', 'access is denied; check the secret key, and the clock'],
  ['TokenRefreshRequired', ENDED],
])

const BY_STATUS: ReadonlyMap<number, string> = new Map([
  [301, OTHER_REGION],
  [307, 'the server sends elsewhere, and signed requests do not follow; set `s3: { endpoint }`'],
  [400, 'the server did not understand the request'],
  [403, 'access is denied; check the credentials, their policy and the clock'],
  [429, FEWER],
  [503, FEWER],
])

/** One phrase for the answer's status and code (empty when the server named none). */
export function adviceFor(status: number, code: string): string {
  const known = BY_CODE.get(code) ?? BY_STATUS.get(status)
  if (known !== undefined) return known
  if (status !== 404) return 'the server failed'
  // To `HEAD` there is no code; a server of another kind has none of S3's.
  return code === ''
    ? 'there is no such bucket, or no S3 at the endpoint'
    : 'check the credentials and the endpoint'
}
