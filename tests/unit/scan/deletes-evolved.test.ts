/** Deletes and a table that changed since: columns renamed, widened, dropped; partitions; Avro files. */
import { describe, expect, test } from 'vitest'
import { AVRO, avroField, avroOptional, avroRecord } from '../../../src/codec/avro/schema.js'
import { AvroWriter } from '../../../src/codec/avro/writer.js'
import { upgradeFormat } from '../../../src/commit/actions/upgrade-format.js'
import { currentSchema, defaultSpec } from '../../../src/format/lookup.js'
import type { DataFile, PartitionTuple } from '../../../src/format/model.js'
import { t } from '../../../src/types/builder.js'
import type { Field } from '../../../src/types/type.js'
import {
  commitDeletes,
  deletionVectors,
  equalityDeletes,
  positionDeletes,
} from '../../support/delete-files.js'
import { type WrittenTable, writtenTable } from '../../support/written-table.js'

const FIELDS: readonly Field[] = [
  { id: 1, name: 'id', required: false, type: { kind: 'int' } },
  { id: 2, name: 's', required: false, type: { kind: 'string' } },
  {
    id: 3,
    name: 'o',
    required: false,
    type: {
      kind: 'struct',
      fields: [{ id: 4, name: 'x', required: false, type: { kind: 'float' } }],
    },
  },
]
const row = (id: number | null, s: string | null = `s${id}`, x: number | null = id) => ({
  id,
  s,
  o: x === null ? null : { x },
})

async function made(formatVersion: 2 | 3 = 2, partitionBy: readonly string[] = []) {
  const table = await writtenTable({ fields: FIELDS, formatVersion, partitionBy })
  await table.append([row(1), row(2), row(3), row(null), row(5, null, null)])
  return table
}

const unpartitioned = { specId: 0, fields: [] }

/** Deletes rows by columns of the present schema. */
async function byValues(
  table: WrittenTable,
  rows: readonly object[],
  ids: readonly number[],
  partition: PartitionTuple = [],
): Promise<DataFile> {
  const metadata = await table.metadata()
  const spec = partition.length === 0 ? unpartitioned : defaultSpec(metadata)
  return equalityDeletes(table, rows, { schema: currentSchema(metadata), ids, spec, partition })
}

/** The same as an Avro file of the columns, each optional. */
async function byValuesInAvro(
  table: WrittenTable,
  rows: readonly (readonly (string | number | null)[])[],
  columns: readonly (readonly [id: number, name: string, type: 'int' | 'string'])[],
): Promise<DataFile> {
  const fields = columns.map(([id, name, type]) => avroField(id, name, avroOptional(AVRO[type])))
  const writer = new AvroWriter({ schema: avroRecord('d', fields), sync: new Uint8Array(16) })
  for (const one of rows) writer.append([...one])
  const bytes = writer.finish()
  const path = `${(await table.metadata()).location}/data/equality-${rows.length}.avro`
  const out = await table.store.writer(path)
  await out.write(bytes)
  await out.close()
  return {
    content: 'equality-deletes',
    path,
    format: 'avro',
    specId: 0,
    partition: [],
    recordCount: BigInt(rows.length),
    sizeBytes: BigInt(bytes.length),
    equalityIds: columns.map(([id]) => id),
  }
}

const shown = async (
  table: WrittenTable,
  column: string,
  snapshotId?: bigint,
): Promise<unknown[]> =>
  (await (await table.scan({ select: [column] }, snapshotId)).toArray())
    .map((one) => (typeof one[column] === 'bigint' ? Number(one[column]) : one[column]))
    .sort((a, b) => String(a).localeCompare(String(b)))

describe('Avro equality deletes', () => {
  test('by one column and by several, null equal to null', async () => {
    const table = await made()
    await commitDeletes(table, [await byValuesInAvro(table, [[2], [null]], [[1, 'id', 'int']])])
    expect(await shown(table, 'id')).toEqual([1, 3, 5])
    const two = await byValuesInAvro(
      table,
      [
        [3, 's3'],
        [1, 'no'],
        [5, null],
      ],
      [
        [1, 'id', 'int'],
        [2, 's', 'string'],
      ],
    )
    await commitDeletes(table, [two])
    expect(await shown(table, 'id')).toEqual([1])
  })

  test('of a column that was renamed and widened since', async () => {
    const table = await made()
    await commitDeletes(table, [await byValuesInAvro(table, [[2]], [[1, 'id', 'int']])])
    await table.reshape((s) => s.renameColumn('id', 'key').widenColumn('key', t.long()))
    await table.append([{ key: 2, s: 'again' }])
    expect(await shown(table, 'key')).toEqual([1, 2, 3, 5, null])
  })
})

describe('columns that changed since', () => {
  test('renamed: found by id, in deletes of before and after', async () => {
    const table = await made()
    await commitDeletes(table, [await byValues(table, [{ id: 1 }], [1])])
    const before = (await table.metadata()).currentSnapshotId as bigint
    await table.reshape((s) => s.renameColumn('id', 'key').renameColumn('s', 'id'))
    await commitDeletes(table, [await byValues(table, [{ key: 2 }], [1])])
    await commitDeletes(table, [await byValues(table, [{ id: 's3' }], [2])])
    expect(await shown(table, 'key')).toEqual([5, null])
    expect(await shown(table, 'id', before)).toEqual([2, 3, 5, null])
  })

  test('widened: old values and new ones meet by value', async () => {
    const table = await made()
    await commitDeletes(table, [await byValues(table, [{ id: 1 }], [1])])
    await table.reshape((s) => s.widenColumn('id', t.long()).widenColumn('o.x', t.double()))
    await table.append([row(1), { id: 5_000_000_000, s: 'big', o: { x: 0.5 } }])
    await commitDeletes(table, [
      await byValues(table, [{ id: 2 }, { id: 5_000_000_000 }], [1]),
      await byValues(table, [{ o: { x: 3 } }], [4]),
    ])
    expect(await shown(table, 'id')).toEqual([1, 5, null])
  })

  test('dropped: what was deleted by it stays deleted', async () => {
    const table = await made()
    await commitDeletes(table, [await byValues(table, [{ s: 's2' }, { s: null }], [2])])
    await table.reshape((s) => s.dropColumn('s'))
    // Files from now on lack the column: it is null there, but the deletes are older.
    await table.append([{ id: 9 }])
    expect(await shown(table, 'id')).toEqual([1, 3, 9, null])
    await table.reshape((s) => s.addColumn('s', t.string()))
    await commitDeletes(table, [await byValues(table, [{ s: null }], [5])])
    expect(await shown(table, 'id')).toEqual([])
  })

  test('added with a default: older rows are deleted by it', async () => {
    const table = await made(3)
    await table.reshape((s) => s.addColumn('n', t.int().default(7)))
    await table.append([{ id: 8, n: 1 }])
    await commitDeletes(table, [await byValues(table, [{ n: 7 }], [5])])
    expect(await shown(table, 'id')).toEqual([8])
  })
})

describe('partitions that changed since', () => {
  test('deletes of a partition of the old spec reach its files alone, global ones all', async () => {
    const table = await made(2, ['s'])
    await table.respec((s) => s.removeField('s'))
    await table.append([row(2, 's2'), row(3, 's3')])
    const metadata = await table.metadata()
    const [old, now] = [metadata.partitionSpecs[0]!, defaultSpec(metadata)]
    expect(now.fields).toEqual([])
    const schema = currentSchema(metadata)
    const scoped = { schema, ids: [1], spec: old, partition: ['s2'] }
    await commitDeletes(table, [await equalityDeletes(table, [{ id: 2 }, { id: 3 }], scoped)])
    expect(await shown(table, 'id')).toEqual([1, 2, 3, 3, 5, null])
    const global = { schema, ids: [1], spec: now, partition: [] }
    await commitDeletes(table, [await equalityDeletes(table, [{ id: 3 }, { id: 1 }], global)])
    expect(await shown(table, 'id')).toEqual([2, 5, null])
  })
})

test.each([2, 3] as const)(
  'every kind in one file, before and after evolution (format %i)',
  async (formatVersion) => {
    const table = await made(2)
    const file = async (): Promise<DataFile> => {
      const { tasks } = await (await table.scan()).plan()
      return tasks[0]!.file
    }
    const options = { format: 'avro', granularity: 'partition' } as const
    await commitDeletes(
      table,
      await positionDeletes(table, [{ file: await file(), positions: [0] }], options),
    )
    await commitDeletes(table, [await byValuesInAvro(table, [['s2']], [[2, 's', 'string']])])
    await table.reshape((s) => s.renameColumn('s', 'name').widenColumn('id', t.long()))
    if (formatVersion === 3) {
      await table.commit(upgradeFormat(3))
      await commitDeletes(
        table,
        await deletionVectors(table, [{ file: await file(), positions: [0, 4] }]),
      )
    } else {
      const more = { format: 'parquet', granularity: 'file' } as const
      await commitDeletes(
        table,
        await positionDeletes(table, [{ file: await file(), positions: [4] }], more),
      )
    }
    await commitDeletes(table, [await byValues(table, [{ id: null }], [1])])
    expect(await shown(table, 'id')).toEqual([3])
  },
)
