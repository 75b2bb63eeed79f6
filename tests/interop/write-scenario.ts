/** Takes a table through the steps of a scenario, and says what came of it. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Answer, Driver } from './driver.js'
import type { Engine, JsonObject, Scenario, Step } from './scenario.js'
import { localPath } from './table-states.js'

export type Drivers = Readonly<Record<Engine, Driver>>

/** A finished table, or why there is none. */
export type Written =
  | { readonly outcome: 'written'; readonly table: string; readonly metadata: string }
  | { readonly outcome: 'refused' | 'failed'; readonly reason: string; readonly by: Engine }

/** Members that no reader knows, in every object of a metadata file that may have them. */
export const PLANTED = 'x-planted'

export interface WriteOptions {
  readonly drivers: Drivers
  readonly table: string
  readonly writer: Engine
  /** Called after every step with the newest metadata file. */
  readonly afterStep?: (metadata: string, index: number) => Promise<void>
}

export async function writeScenario(scenario: Scenario, options: WriteOptions): Promise<Written> {
  const labels = new Map<string, string>()
  let metadata = ''
  for (const [index, step] of scenario.steps.entries()) {
    const by = step.by ?? options.writer
    const driver = options.drivers[by]
    const answer = await runStep(step, driver, options.table, labels)
    if (!('ok' in answer)) {
      const what = `step ${index + 1}, ${step.op}`
      if ('refused' in answer) {
        return { outcome: 'refused', by, reason: `${what}: ${answer.refused}` }
      }
      return { outcome: 'failed', by, reason: `${what}: ${answer.error}` }
    }
    const head = await driver.ask({ op: 'head', table: options.table })
    if (!('ok' in head)) return { outcome: 'failed', by, reason: `head: ${JSON.stringify(head)}` }
    metadata = String(head.ok.metadata)
    if (step.label !== undefined) labels.set(`@${step.label}`, String(head.ok.snapshot))
    await options.afterStep?.(metadata, index)
  }
  return { outcome: 'written', table: options.table, metadata }
}

async function runStep(
  step: Step,
  driver: Driver,
  table: string,
  labels: ReadonlyMap<string, string>,
): Promise<Answer> {
  const { by: _by, label: _label, expect: _expect, ...operation } = step
  if (operation.op === 'plant') {
    const head = await driver.ask({ op: 'head', table })
    if (!('ok' in head)) return head
    return plant(localPath(String(head.ok.metadata)))
  }
  const request: JsonObject = { ...(operation as unknown as JsonObject), table }
  if (!('snapshot' in operation) || operation.snapshot === undefined) return driver.ask(request)
  const snapshot = labels.get(operation.snapshot)
  if (snapshot === undefined) return { error: `no step is labelled ${operation.snapshot}` }
  return driver.ask({ ...request, snapshot })
}

/** Plants unknown members by text, so that no number of the file loses a digit. */
function plant(path: string): Answer {
  if (!existsSync(path)) return { refused: 'the newest metadata is no local file' }
  const planted = (where: string) => `{"${PLANTED}":"${where}",`
  const text = readFileSync(path, 'utf8')
    .replace(/^\s*\{/, planted('table'))
    .replace(/("(?:schemas|snapshots|partition-specs|sort-orders)"\s*:\s*\[\s*)\{/g, (_all, head) =>
      String(head).concat(planted(String(head).split('"')[1] ?? '')),
    )
  JSON.parse(text)
  writeFileSync(path, text)
  // Hadoop's checksum of the file as it was.
  rmSync(join(dirname(path), `.${basename(path)}.crc`), { force: true })
  return { ok: {} }
}
