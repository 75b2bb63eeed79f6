/** The worker thread of the pool. */
import { parentPort, workerData } from 'node:worker_threads'
import { InternalBug } from '../errors.js'
import type { WorkerStart } from './worker-protocol.js'
import { type ServicePort, serve } from './worker-service.js'

function notAWorker(): never {
  throw new InternalBug('the parquet worker must be started as a worker thread')
}

const port = (parentPort ?? notAWorker()) as ServicePort
await serve(port, new Int32Array((workerData as WorkerStart).cancelled))
