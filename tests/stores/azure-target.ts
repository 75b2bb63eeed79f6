/** Azurite, the emulator of Azure's Blob service. */
import type { Env } from '../../src/env/env.js'
import { systemEnv } from '../../src/env/system-env.js'
import { azureStore } from '../../src/store/azure/azure.js'
import { AzureClient } from '../../src/store/azure/client.js'
import { resolveConfig } from '../../src/store/azure/config.js'
import { CredentialHolder } from '../../src/store/azure/credentials.js'
import { folderPlace } from '../../src/store/azure/place.js'
import { startServer } from './servers.js'
import type { StoreTarget } from './target.js'

const ACCOUNT = 'devstoreaccount1'
/** Published, and the same in every emulator. */
const KEY =
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='
const CONTAINER = 'warehouse'

export async function startAzureTarget(): Promise<StoreTarget> {
  const server = await startServer({
    program: 'azurite-blob.js',
    preload: 'azurite-keeps.cjs',
    args: (port) => [
      ...['--blobHost', '127.0.0.1', '--blobPort', String(port)],
      ...['--inMemoryPersistence', '--silent', '--disableTelemetry', '--skipApiVersionCheck'],
    ],
  })
  let roots = 0
  const azure = (origin: string) => ({
    endpoint: `${origin}/${ACCOUNT}`,
    account: ACCOUNT,
    credentials: { accountKey: KEY },
  })
  await createContainer(azure(server.origin))
  return {
    name: 'azure',
    origin: server.origin,
    freshRoot: () => `abfss://${CONTAINER}/f-${process.pid}-${++roots}`,
    options: (origin = server.origin, timeoutMs = 30_000) => ({
      azure: { ...azure(origin), timeoutMs },
    }),
    store: (env: Env = systemEnv(), origin = server.origin) => azureStore(azure(origin), env),
    reader: {
      env: {
        AZURE_STORAGE_CONNECTION_STRING:
          `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};` +
          `BlobEndpoint=${server.origin}/${ACCOUNT};`,
      },
      fileIo: {
        // Its other one needs a package more.
        'py-io-impl': 'pyiceberg.io.pyarrow.PyArrowFileIO',
        'adls.account-name': ACCOUNT,
        'adls.account-key': KEY,
        'adls.blob-storage-authority': `127.0.0.1:${server.port}`,
        'adls.dfs-storage-authority': `127.0.0.1:${server.port}`,
        'adls.blob-storage-scheme': 'http',
        'adls.dfs-storage-scheme': 'http',
      },
    },
    stop: () => server.stop(),
  }
}

async function createContainer(options: Parameters<typeof resolveConfig>[0]): Promise<void> {
  const env = systemEnv()
  const config = resolveConfig(options)
  const credentials = new CredentialHolder(options.credentials, config.connection, env)
  const client = new AzureClient(config, credentials, env)
  const answer = await client.once({
    method: 'PUT',
    place: folderPlace(`abfss://${CONTAINER}`),
    query: [['restype', 'container']],
  })
  if (answer.status !== 201) throw new Error(`cannot make a container: ${answer.status}`)
}
