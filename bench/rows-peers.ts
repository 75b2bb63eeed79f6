/** The peers of `bench:rows`: PyIceberg as a process for each figure, Spark as one warm session. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { RowsAnswer } from './rows-child.js'

const FOLDER = join(import.meta.dirname, '..')

/** A change of the target by PyIceberg, which is removed again. */
export function pyiceberg(
  python: string,
  metadata: string,
  op: 'upsert' | 'delete',
  argument: string,
): RowsAnswer {
  const args = [join(FOLDER, 'rows_pyiceberg.py'), metadata, op, argument]
  const text = execFileSync(python, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return JSON.parse(text) as RowsAnswer
}

export class Spark {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  /** Of Spark and of Iceberg's runtime. */
  readonly versions: string

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, versions: string) {
    this.#child = child
    this.#lines = lines
    this.versions = versions
  }

  static async start(python: string, warehouse: string): Promise<Spark> {
    const child = spawn(python, [join(FOLDER, 'rows_spark.py'), warehouse], {
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    const input = createInterface({ input: child.stdout as NodeJS.ReadableStream })
    const lines = input[Symbol.asyncIterator]()
    const found = JSON.parse(await nextLine(lines)) as { spark: string; iceberg: string }
    return new Spark(child, lines, `Spark ${found.spark} with Iceberg ${found.iceberg}`)
  }

  async ask(request: object): Promise<RowsAnswer> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`)
    return JSON.parse(await nextLine(this.#lines)) as RowsAnswer
  }

  /** Ends the session. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.once('exit', () => resolve())
      this.#child.stdin?.end()
    })
  }
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const line = await lines.next()
  if (line.done === true)
    throw new Error('Spark has ended: run bash .ci/interop-setup, try by hand')
  return line.value
}
