/** versitygw, an S3 server over a folder. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Env } from '../../src/env/env.js'
import { systemEnv } from '../../src/env/system-env.js'
import { S3Client } from '../../src/store/s3/client.js'
import { resolveConfig } from '../../src/store/s3/config.js'
import { CredentialHolder } from '../../src/store/s3/credentials.js'
import { s3Store } from '../../src/store/s3/s3.js'
import { elements } from '../../src/store/xml.js'
import { startServer } from './servers.js'
import type { StoreTarget } from './target.js'

const ACCESS = 'moraine-test'
const SECRET = 'moraine-test-secret'
const BUCKET = 'warehouse'

export async function startS3Target(): Promise<StoreTarget> {
  const server = await startServer({
    program: 'versitygw',
    args: (port, folder) => {
      mkdirSync(join(folder, BUCKET))
      const keys = ['--access', ACCESS, '--secret', SECRET]
      return [...keys, '--quiet', '--port', `127.0.0.1:${port}`, 'posix', folder]
    },
  })
  let roots = 0
  const s3 = (origin: string) => ({
    endpoint: origin,
    region: 'us-east-1',
    credentials: { accessKeyId: ACCESS, secretAccessKey: SECRET },
  })
  return {
    name: 's3',
    origin: server.origin,
    freshRoot: () => `s3://${BUCKET}/f-${process.pid}-${++roots}`,
    options: (origin = server.origin, timeoutMs = 30_000) => ({
      s3: { ...s3(origin), timeoutMs },
    }),
    store: (env: Env = systemEnv(), origin = server.origin) => s3Store(s3(origin), env),
    openUploads: async (root) => {
      const env = systemEnv()
      const config = resolveConfig(s3(server.origin))
      const client = new S3Client(
        config,
        new CredentialHolder(s3(server.origin).credentials, env),
        env,
      )
      const prefix = new URL(root).pathname.slice(1)
      const query = [
        ['uploads', ''],
        ['prefix', prefix],
      ] as const
      const answer = await client.once({ method: 'GET', bucket: BUCKET, key: '', query })
      if (answer.status !== 200) throw new Error(`cannot list uploads: ${answer.status}`)
      return elements(new TextDecoder().decode(answer.body), 'Upload').length
    },
    reader: {
      env: {
        AWS_ENDPOINT_URL_S3: server.origin,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: ACCESS,
        AWS_SECRET_ACCESS_KEY: SECRET,
      },
      fileIo: {
        's3.endpoint': server.origin,
        's3.access-key-id': ACCESS,
        's3.secret-access-key': SECRET,
        's3.region': 'us-east-1',
        's3.force-virtual-addressing': 'false',
      },
    },
    stop: () => server.stop(),
  }
}
