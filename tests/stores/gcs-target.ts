/** fake-gcs-server, an emulator of Google Cloud Storage, of which only the JSON API is used. */
import type { Env } from '../../src/env/env.js'
import { systemEnv } from '../../src/env/system-env.js'
import { gcsStore } from '../../src/store/gcs/gcs.js'
import { startServer } from './servers.js'
import type { StoreTarget } from './target.js'

const BUCKET = 'warehouse'
/** The emulator takes any; the tests see that it goes nowhere else. */
const TOKEN = 'moraine-test-token'

export async function startGcsTarget(): Promise<StoreTarget> {
  const server = await startServer({
    program: 'fake-gcs-server',
    args: (port) => [
      ...['-scheme', 'http', '-host', '127.0.0.1', '-port', `${port}`, '-backend', 'memory'],
      ...['-public-host', `127.0.0.1:${port}`, '-external-url', `http://127.0.0.1:${port}`],
    ],
  })
  const made = await fetch(`${server.origin}/storage/v1/b`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: BUCKET }),
  })
  if (made.status !== 200) throw new Error(`cannot make a bucket: ${made.status}`)
  let roots = 0
  const gcs = (origin: string) => ({
    endpoint: origin,
    credentials: { accessToken: TOKEN },
    partBytes: 5 * 1024 * 1024,
  })
  return {
    name: 'gcs',
    origin: server.origin,
    freshRoot: () => `gs://${BUCKET}/f-${process.pid}-${++roots}`,
    options: (origin = server.origin, timeoutMs = 30_000) => ({
      gcs: { ...gcs(origin), timeoutMs },
    }),
    store: (env: Env = systemEnv(), origin = server.origin) => gcsStore(gcs(origin), env),
    reader: {
      env: { STORAGE_EMULATOR_HOST: server.origin },
      fileIo: {
        'py-io-impl': 'pyiceberg.io.pyarrow.PyArrowFileIO',
        'gcs.service.host': server.origin,
        'gcs.oauth2.token': TOKEN,
        'gcs.oauth2.token-expires-at': '4102444800000',
      },
    },
    stop: () => server.stop(),
  }
}
