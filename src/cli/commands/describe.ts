import { stringifyJson } from '../../codec/json/stringify.js'
import type { JsonValue } from '../../codec/json/value.js'
import {
  currentSchema,
  currentSnapshot,
  defaultSortOrder,
  defaultSpec,
} from '../../format/lookup.js'
import type { TableMetadata } from '../../format/model.js'
import type { PartitionSpec } from '../../partition/model.js'
import { orderDiff, orderText, partitionFieldText, specDiff } from '../../partition/spec-diff.js'
import { type ShapeChange, schemaDiff } from '../../types/schema-diff.js'
import type { Field, Schema, Type } from '../../types/type.js'
import { formatType, isPrimitive } from '../../types/type-text.js'
import type { Command } from '../command.js'
import { grouped, momentText } from '../output/figures.js'
import { jsonText } from '../output/json.js'
import { printable, textTable } from '../output/text-table.js'
import { OPEN_OPTIONS, openNamedTable } from '../table-options.js'
import type { Terminal } from '../terminal.js'
import { deletesText } from './log.js'

interface ColumnLine {
  readonly id: number
  readonly column: string
  readonly type: string
  readonly required: boolean
  readonly doc: string | undefined
  /** What rows that leave the column out get, and what those before it show, as JSON. */
  readonly default: string | undefined
  readonly initialDefault: string | undefined
}

/** Every column and every part of a nested one, in schema order. */
function columnLines(fields: readonly Field[], depth = 0): ColumnLine[] {
  return fields.flatMap((field) => [
    {
      id: field.id,
      column: `${'  '.repeat(depth)}${field.name}`,
      type: shortType(field.type),
      required: field.required,
      doc: field.doc,
      default: defaultText(field.writeDefault),
      initialDefault: defaultText(field.initialDefault),
    },
    ...columnLines(partsOf(field.type), depth + 1),
  ])
}

function defaultText(json: Field['writeDefault']): string | undefined {
  return (json ?? null) === null ? undefined : stringifyJson(json as JsonValue)
}

/** Both defaults where they differ: `7, earlier rows 5`. */
function defaultsText({ default: now, initialDefault: before }: ColumnLine): string {
  if (now === before) return now ?? ''
  if (before === undefined) return now ?? ''
  return `${now ?? 'null'}, earlier rows ${before}`
}

function shortType(type: Type): string {
  return isPrimitive(type) || type.kind === 'variant' ? formatType(type) : type.kind
}

/** The members of a nested type as fields. */
function partsOf(type: Type): readonly Field[] {
  if (type.kind === 'struct') return type.fields
  if (type.kind === 'list') {
    return [
      { id: type.elementId, name: 'element', required: type.elementRequired, type: type.element },
    ]
  }
  if (type.kind !== 'map') return []
  return [
    { id: type.keyId, name: 'key', required: true, type: type.key },
    { id: type.valueId, name: 'value', required: type.valueRequired, type: type.value },
  ]
}

function specText(schema: Schema, spec: PartitionSpec): string {
  if (spec.fields.length === 0) return 'not partitioned'
  return spec.fields.map((field) => partitionFieldText(field, schema)).join(', ')
}

/** What changed from each schema, spec and sort order to the next, in the order they were made. */
function changeLines(metadata: TableMetadata): string[][] {
  const schema = currentSchema(metadata)
  const steps = <T>(
    what: string,
    items: readonly T[],
    idOf: (item: T) => number,
    diff: (before: T, after: T) => readonly ShapeChange[],
  ): string[][] => {
    const sorted = [...items].sort((a, b) => idOf(a) - idOf(b))
    return sorted.slice(1).flatMap((after, index) => {
      const before = sorted[index] as T
      const step = `${what} ${idOf(before)} -> ${idOf(after)}`
      return diff(before, after).map(({ text }, line) => [line === 0 ? step : '', text])
    })
  }
  const { schemas, partitionSpecs, sortOrders } = metadata
  return [
    ...steps('schema', schemas, (item) => item.schemaId, schemaDiff),
    ...steps(
      'spec',
      partitionSpecs,
      (item) => item.specId,
      (a, b) => specDiff(a, b, schema),
    ),
    ...steps(
      'sort order',
      sortOrders,
      (item) => item.orderId,
      (a, b) => orderDiff(a, b, schema),
    ),
  ]
}

/** What is said about a table, by name. */
function facts(metadata: TableMetadata, metadataLocation: string) {
  const schema = currentSchema(metadata)
  const snapshot = currentSnapshot(metadata)
  const total = (name: string): bigint | undefined => {
    const text = snapshot?.summary?.get(name)
    return text !== undefined && /^\d+$/.test(text) ? BigInt(text) : undefined
  }
  // Without them the rows of the files are those of the table.
  const deletes = deletesText({
    positionDeletes: total('total-position-deletes'),
    equalityDeletes: total('total-equality-deletes'),
  })
  return {
    location: metadata.location,
    metadata: metadataLocation,
    uuid: metadata.tableUuid,
    formatVersion: metadata.formatVersion,
    updated: momentText(metadata.lastUpdatedMs),
    snapshot: snapshot?.snapshotId ?? 'none',
    snapshots: metadata.snapshots.length,
    rows: total('total-records'),
    ...(deletes !== '' && { deletes }),
    partitioning: specText(schema, defaultSpec(metadata)),
    sorting: orderText(defaultSortOrder(metadata), schema),
  }
}

const LABELS: ReadonlyMap<string, string> = new Map([
  ['formatVersion', 'format version'],
  ['deletes', 'of these deleted'],
])

function factText(value: unknown): string {
  return typeof value === 'bigint' ? String(value) : printable(String(value))
}

async function print(
  terminal: Terminal,
  metadata: TableMetadata,
  metadataLocation: string,
): Promise<void> {
  const { bold } = terminal.style
  for (const [name, value] of Object.entries(facts(metadata, metadataLocation))) {
    if (value === undefined) continue
    const shown = name === 'rows' ? grouped(value as bigint) : factText(value)
    await terminal.line(`${bold((LABELS.get(name) ?? name).padEnd(14))}  ${shown}`)
  }
  const lines = columnLines(currentSchema(metadata).fields).map((line) => [
    String(line.id),
    line.column,
    line.type,
    line.required ? 'required' : '',
    defaultsText(line),
    line.doc ?? '',
  ])
  const titles = [{ title: 'id', align: 'right' }, { title: 'column' }, { title: 'type' }] as const
  const more = [
    { title: 'default', widthMax: 40 },
    { title: 'doc', widthMax: 60 },
  ]
  const hasDefaults = lines.some((line) => line[4] !== '')
  const table = hasDefaults
    ? textTable([...titles, { title: '' }, ...more], lines, bold)
    : textTable([...titles, { title: '' }, ...more.slice(1)], lines.map(withoutDefault), bold)
  await terminal.line(`\n${table}`)
  const changes = changeLines(metadata)
  if (changes.length > 0) {
    await terminal.line(`\n${textTable([{ title: 'changes' }, { title: '' }], changes, bold)}`)
  }
  await printPairs(terminal, 'refs', refLines(metadata))
  await printPairs(terminal, 'properties', [...metadata.properties])
}

function withoutDefault(line: readonly string[]): string[] {
  return line.filter((_text, index) => index !== 4)
}

function refLines(metadata: TableMetadata): [string, string][] {
  return [...metadata.refs].map(([name, ref]) => [name, `${ref.type} at ${ref.snapshotId}`])
}

async function printPairs(
  terminal: Terminal,
  title: string,
  pairs: readonly [string, string][],
): Promise<void> {
  if (pairs.length === 0) return
  await terminal.line(`\n${terminal.style.bold(title)}`)
  const sorted = [...pairs].sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [name, value] of sorted)
    await terminal.line(`  ${printable(name)} = ${printable(value)}`)
}

/** `moraine describe`. */
export const describeCommand: Command = {
  name: 'describe',
  summary: 'show schema, partitioning, properties and references',
  operands: 'LOCATION',
  operandsMin: 1,
  operandsMax: 1,
  options: { ...OPEN_OPTIONS, json: { type: 'boolean', help: 'one JSON object' } },
  examples: [
    'moraine describe ./warehouse/nyc/trips',
    'moraine describe ./warehouse/nyc/trips --json | jq .columns',
  ],
  async run(invocation, terminal) {
    const { table, close } = await openNamedTable(invocation, terminal.signal)
    try {
      const { metadata, metadataLocation } = table
      if (!invocation.flag('json')) {
        await print(terminal, metadata, metadataLocation)
        return undefined
      }
      const columns = columnLines(currentSchema(metadata).fields)
      const { properties, refs } = metadata
      const changes = changeLines(metadata).map(([, text]) => text)
      const described = {
        ...facts(metadata, metadataLocation),
        columns,
        changes,
        refs,
        properties,
      }
      await terminal.line(jsonText(described, 2))
    } finally {
      await close()
    }
    return undefined
  },
}
