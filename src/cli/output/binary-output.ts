import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import type { RecordBatch } from 'apache-arrow'
import { conformBatch } from '../../arrow/conform.js'
import { ipcOf } from '../../arrow/ipc.js'
import { arrowSchemaOf } from '../../arrow/schema.js'
import { defaultLimits } from '../../env/limits.js'
import { metricsConfig } from '../../format/metrics-config.js'
import type { ByteSink } from '../../parquet/contract.js'
import { parquetWriteOptions } from '../../parquet/write-options.js'
import { ParquetWriter } from '../../parquet/writer.js'
import type { Schema } from '../../types/type.js'
import { shownLocation } from '../../util/secret.js'
import { UsageError } from '../exit-code.js'
import type { Terminal } from '../terminal.js'

/** Arrow batches into a file or a pipe. After an error only `abort`. */
export interface BinaryOutput {
  batch(batch: RecordBatch): Promise<void>
  end(): Promise<void>
  abort(): Promise<void>
}

/** Opens `--format arrow` or `parquet`. A file appears under its name only when it is whole. */
export async function openBinaryOutput(
  format: string,
  schema: Schema,
  path: string | undefined,
  terminal: Terminal,
): Promise<BinaryOutput> {
  const sink = path === undefined ? terminalSink(terminal) : await fileSink(path)
  return format === 'parquet' ? parquetOutput(schema, sink, terminal) : arrowOutput(schema, sink)
}

function terminalSink(terminal: Terminal): ByteSink {
  return {
    write: (bytes) => terminal.write(bytes),
    close: async () => undefined,
    abort: async () => undefined,
  }
}

const REMOTE = /^[a-z][a-z0-9+.-]+:\/\//i

/** Throws `UsageError` where no file can be made. */
async function fileSink(path: string): Promise<ByteSink> {
  const making = `${path}.${randomUUID()}.part`
  const file = await open(making, 'wx').catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(unwritable(path, cause.code), { cause })
  })
  return {
    write: async (bytes) => {
      for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten
    },
    close: async () => {
      await file.close()
      await rename(making, path)
    },
    abort: async () => {
      await file.close().catch(() => undefined)
      await rm(making, { force: true }).catch(() => undefined)
    },
  }
}

function unwritable(path: string, code: string | undefined): string {
  if (REMOTE.test(path)) return `--output writes a local file, not ${shownLocation(path)}`
  const why = code === 'ENOENT' ? 'there is no such folder' : (code ?? 'it cannot be opened')
  return `--output cannot write ${path}: ${why}`
}

/** What ends an IPC stream: a continuation marker and a length of zero. */
const END_OF_STREAM_BYTES = 8

/**
 * An IPC stream, one batch in memory at a time: each batch is encoded as a stream of its own, whose
 * schema message and end mark are left out.
 */
function arrowOutput(schema: Schema, sink: ByteSink): BinaryOutput {
  const arrowSchema = arrowSchemaOf(schema)
  const empty = ipcOf([], arrowSchema)
  const schemaBytes = empty.length - END_OF_STREAM_BYTES
  let begun: Promise<void> | undefined
  const begin = (): Promise<void> => {
    begun ??= sink.write(empty.subarray(0, schemaBytes))
    return begun
  }
  return {
    batch: async (batch) => {
      await begin()
      const bytes = ipcOf([batch], arrowSchema)
      await sink.write(bytes.subarray(schemaBytes, bytes.length - END_OF_STREAM_BYTES))
    },
    end: async () => {
      await begin()
      await sink.write(empty.subarray(schemaBytes))
      await sink.close()
    },
    abort: () => sink.abort(),
  }
}

function parquetOutput(schema: Schema, sink: ByteSink, terminal: Terminal): BinaryOutput {
  const properties = new Map<string, string>()
  const writer = new ParquetWriter({
    schema,
    sink,
    options: parquetWriteOptions(properties),
    metrics: metricsConfig(properties, schema),
    limits: defaultLimits,
    signal: terminal.signal,
  })
  return {
    batch: (batch) => writer.write(conformBatch(schema, batch, { form: { decimals: 'physical' } })),
    end: async () => {
      await writer.close()
    },
    abort: () => writer.abort(),
  }
}
