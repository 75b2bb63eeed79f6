import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { type Catalog, connect, t } from '../../src/index.js'

const here = fileURLToPath(new URL('.', import.meta.url))

/** One writing process, and what it said was acknowledged. */
export class WriterProcess {
  readonly writer: number
  readonly #child: ChildProcess
  #output = ''
  #errors = ''

  constructor(folder: string, writer: number, count: number) {
    expect(existsSync(join(here, '../../dist/index.js')), 'run `npm run build` first').toBe(true)
    this.writer = writer
    const script = join(here, 'writer.mjs')
    this.#child = spawn(process.execPath, [script, folder, `${writer}`, `${count}`], {
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#child.stdout?.on('data', (chunk) => {
      this.#output += chunk
    })
    this.#child.stderr?.on('data', (chunk) => {
      this.#errors += chunk
    })
  }

  /** Resolves once the process stands ready to write. */
  async ready(): Promise<void> {
    await this.seen('ready')
  }

  /** Resolves once the process has printed a line that begins so. Rejects if it ends before. */
  async seen(start: string): Promise<void> {
    while (!this.#output.split('\n').some((line) => line.startsWith(start))) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null)
        expect.fail(`the writer ended early: ${this.#errors}`)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }

  start(): void {
    this.#child.stdin?.write('go\n')
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }

  /** Resolves when the process has ended by itself, and well. */
  async done(): Promise<void> {
    if (this.#child.exitCode === null) await once(this.#child, 'exit')
    expect(this.#errors).toBe('')
    expect(this.#child.exitCode).toBe(0)
  }

  acknowledged(kind: 'row' | 'property'): number[] {
    return this.#output
      .split('\n')
      .filter((line) => line.startsWith(`${kind} `))
      .map((line) => Number(line.slice(kind.length + 1)))
  }
}

/** A table in a new folder, for the duration of `use`. */
export async function withTable(
  use: (folder: string, catalog: Catalog) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'moraine-crash-'))
  const catalog = await connect(folder, { workers: 0 })
  try {
    await catalog.createTable('ns.t', {
      schema: [
        ['writer', t.int().required()],
        ['n', t.int().required()],
      ],
      properties: {
        'commit.retry.num-retries': '1000',
        'commit.retry.min-wait-ms': '40',
        'commit.retry.max-wait-ms': '2000',
      },
    })
    await use(folder, catalog)
  } finally {
    await catalog.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Rows by writer, each writer's numbers sorted. */
export async function rowsByWriter(catalog: Catalog): Promise<Map<number, number[]>> {
  const rows = (await (await catalog.loadTable('ns.t')).scan().toArray()) as unknown as {
    writer: number
    n: number
  }[]
  const found = new Map<number, number[]>()
  for (const { writer, n } of rows) found.set(writer, [...(found.get(writer) ?? []), n])
  for (const numbers of found.values()) numbers.sort((a, b) => a - b)
  return found
}

/** Temporary files that were left behind. */
export async function litter(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.tmp'))
}
