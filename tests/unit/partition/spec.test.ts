import { describe, expect, test } from 'vitest'
import { ObjectReader } from '../../../src/codec/json/object-reader.js'
import { parseJson } from '../../../src/codec/json/parse.js'
import { stringifyJson } from '../../../src/codec/json/stringify.js'
import { defaultLimits } from '../../../src/env/limits.js'
import { CorruptData, InvalidArgument, NotFound, Unsupported } from '../../../src/errors.js'
import { bucket, day, hour, month, truncate } from '../../../src/expr/terms.js'
import { fieldUses, partitionNames } from '../../../src/partition/field-uses.js'
import type { PartitionSpec, Transform } from '../../../src/partition/model.js'
import { partitionPath } from '../../../src/partition/partition-path.js'
import { partitionType } from '../../../src/partition/partition-type.js'
import { parseSortOrder, sortOrderJson } from '../../../src/partition/sort-order-json.js'
import {
  buildPartitionSpec,
  buildSortOrder,
  UNSORTED,
} from '../../../src/partition/spec-builder.js'
import { specsEquivalent } from '../../../src/partition/spec-checks.js'
import { SpecEditor } from '../../../src/partition/spec-editor.js'
import {
  parsePartitionFields,
  parsePartitionSpec,
  partitionSpecJson,
} from '../../../src/partition/spec-json.js'
import { asc, desc } from '../../../src/partition/terms.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import { t } from '../../../src/types/builder.js'
import type { Datum } from '../../../src/types/datum.js'
import { toDatum } from '../../../src/types/to-datum.js'
import type { Type } from '../../../src/types/type.js'
import { formatType, parseTypeText } from '../../../src/types/type-text.js'

const { schema } = buildSchema({
  id: t.long(),
  at: t.timestamptz(),
  name: t.string(),
  s: t.struct({ k: t.int() }),
  l: t.list(t.int()),
  d: t.double(),
  at_day: t.string(),
})

const reader = (text: string) => new ObjectReader(parseJson(text, { limits: defaultLimits }))

describe('spec: Appendix C, Partition Specs', () => {
  const TEXT =
    '{"spec-id":2,"fields":[{"name":"ts_day","transform":"day","source-id":4,"field-id":1000},{"name":"id_bucket","transform":"bucket[16]","source-id":1,"field-id":1001,"later":true}]}'

  test('a spec is read and written back, unknown members too', () => {
    const spec = parsePartitionSpec(reader(TEXT))
    expect(spec.fields[1]).toMatchObject({
      sourceIds: [1],
      transform: { kind: 'bucket', buckets: 16 },
    })
    expect(stringifyJson(partitionSpecJson(spec))).toBe(TEXT)
  })

  test('v1 fields have no ids: they count from 1000', () => {
    const fields = parsePartitionFields(
      reader(
        '{"partition-spec":[{"name":"a","transform":"day","source-id":4},{"name":"b","transform":"identity","source-id":5}]}',
      ),
      'partition-spec',
    )
    expect(fields.map((field) => field.fieldId)).toEqual([1000, 1001])
  })

  test('v3: several source ids make an unknown transform, written back as they are', () => {
    const text =
      '{"spec-id":0,"fields":[{"name":"z","transform":"bucket[4]","source-ids":[1,2],"field-id":1000}]}'
    const spec = parsePartitionSpec(reader(text))
    expect(spec.fields[0]?.transform).toEqual({ kind: 'unknown', text: 'bucket[4]' })
    expect(stringifyJson(partitionSpecJson(spec))).toBe(text)
  })

  test('v3: one source id in a list is written as source-id', () => {
    const spec = parsePartitionSpec(
      reader(
        '{"spec-id":0,"fields":[{"name":"z","transform":"day","source-ids":[4],"field-id":1000}]}',
      ),
    )
    expect(stringifyJson(partitionSpecJson(spec))).toContain('"source-id":4')
  })

  test.each([
    ['no source', '{"spec-id":0,"fields":[{"name":"z","transform":"day","field-id":1000}]}'],
    [
      'a doubled name',
      '{"spec-id":0,"fields":[{"name":"z","transform":"day","source-id":1,"field-id":1000},{"name":"z","transform":"day","source-id":2,"field-id":1001}]}',
    ],
    [
      'a doubled id',
      '{"spec-id":0,"fields":[{"name":"z","transform":"day","source-id":1,"field-id":1000},{"name":"y","transform":"day","source-id":2,"field-id":1000}]}',
    ],
    [
      'a bad width',
      '{"spec-id":0,"fields":[{"name":"z","transform":"bucket[0]","source-id":1,"field-id":1000}]}',
    ],
  ])('%s is corrupt', (_what, text) => {
    expect(() => parsePartitionSpec(reader(text))).toThrow(CorruptData)
  })
})

describe('spec: Appendix C, Sort Orders', () => {
  const TEXT =
    '{"order-id":1,"fields":[{"transform":"identity","source-id":2,"direction":"asc","null-order":"nulls-first"},{"transform":"bucket[4]","source-id":3,"direction":"desc","null-order":"nulls-last"}]}'
  test('the example is read and written back', () => {
    expect(stringifyJson(sortOrderJson(parseSortOrder(reader(TEXT))))).toBe(TEXT)
  })
  test('a bad direction is corrupt', () => {
    expect(() => parseSortOrder(reader(TEXT.replace('asc', 'up')))).toThrow(CorruptData)
    expect(() => parseSortOrder(reader(TEXT.replace('nulls-last', 'last')))).toThrow(CorruptData)
  })
  test('terms become a sort order with the usual null orders', () => {
    expect(buildSortOrder(schema, ['id', desc('name'), asc(day('at'), 'nulls-last')])).toEqual({
      orderId: 1,
      fields: [
        {
          sourceIds: [1],
          transform: { kind: 'identity' },
          direction: 'asc',
          nullOrder: 'nulls-first',
        },
        {
          sourceIds: [3],
          transform: { kind: 'identity' },
          direction: 'desc',
          nullOrder: 'nulls-last',
        },
        { sourceIds: [2], transform: { kind: 'day' }, direction: 'asc', nullOrder: 'nulls-last' },
      ],
    })
    expect(buildSortOrder(schema, [])).toBe(UNSORTED)
    expect(() => buildSortOrder(schema, ['nope'])).toThrow(NotFound)
    expect(() => buildSortOrder(schema, ['l'])).toThrow(InvalidArgument)
  })
})

describe('building a spec', () => {
  test('names and ids as the reference gives them', () => {
    const { spec, lastPartitionId } = buildPartitionSpec(schema, [
      month('at'),
      bucket(16, 'id'),
      truncate(4, 'name'),
      's.k',
      bucket(8, 's.k').as('spread'),
    ])
    expect(spec.fields.map((field) => `${field.fieldId} ${field.name} ${field.sourceIds}`)).toEqual(
      ['1000 at_month 2', '1001 id_bucket 1', '1002 name_trunc 3', '1003 s.k 8', '1004 spread 8'],
    )
    expect(lastPartitionId).toBe(1004)
    expect(buildPartitionSpec(schema, []).lastPartitionId).toBe(999)
    expect(partitionType(spec, schema).fields.map((field) => formatType(field.type))).toEqual([
      'int',
      'int',
      'string',
      'int',
      'int',
    ])
  })

  test.each<[string, Parameters<typeof buildPartitionSpec>[1], string]>([
    ['a transform that does not fit', [day('id')], "day does not take column 'id' of type long"],
    ['a column in a list', ['l.element'], 'lies in a list or map'],
    ['a nested column', ['s'], 'does not take'],
    ['two times of a column', [month('at'), hour('at')], 'partitions its column alike'],
    ['the name of another column', [day('at')], 'a column has the same name'],
    ['a doubled name', [bucket(4, 'id'), bucket(8, 'id')], 'used more than once'],
  ])('%s is refused', (_what, terms, message) => {
    expect(() => buildPartitionSpec(schema, terms)).toThrow(InvalidArgument)
    expect(() => buildPartitionSpec(schema, terms)).toThrow(message)
  })

  test('a dropped source leaves fixed result types and unknown ones', () => {
    const { spec } = buildPartitionSpec(schema, [bucket(4, 'id'), 'name'])
    const later = { fields: schema.fields.slice(3) }
    expect(partitionType(spec, later).fields.map((field) => field.type.kind)).toEqual([
      'int',
      'unknown',
    ])
  })
})

describe('spec: Partition Evolution', () => {
  const base = buildPartitionSpec(schema, [month('at'), bucket(16, 'id')])
  const editor = (
    formatVersion: number,
    specs: readonly PartitionSpec[] = [base.spec],
    lastPartitionId = 1001,
  ) =>
    new SpecEditor({
      schema,
      specs,
      defaultSpecId: specs.at(-1)?.specId ?? 0,
      lastPartitionId,
      formatVersion,
    })

  test('v2: fields are added with new ids and removed for good', () => {
    const change = editor(2)
      .removeField('id_bucket')
      .addField(bucket(32, 'id'))
      .addField(truncate(4, 'name'))
      .result()
    expect(change).toMatchObject({ reused: false, changed: true, lastPartitionId: 1003 })
    expect(change.spec.specId).toBe(1)
    expect(change.spec.fields.map((field) => `${field.fieldId} ${field.name}`)).toEqual([
      '1000 at_month',
      '1002 id_bucket_32',
      '1003 name_trunc_4',
    ])
  })

  test('v1: a removed field stays as void', () => {
    const change = editor(1).removeField(bucket(16, 'id')).addField('name').result()
    expect(
      change.spec.fields.map((field) => [field.fieldId, field.name, field.transform.kind]),
    ).toEqual([
      [1000, 'at_month', 'month'],
      [1001, 'id_bucket', 'void'],
      [1002, 'name', 'identity'],
    ])
  })

  test('v2: equivalent fields of earlier specs give their ids back, equivalent specs are used again', () => {
    const without = editor(2).removeField('at_month').result().spec
    const back = editor(2, [base.spec, without]).addField(month('at')).result()
    expect(back.spec.fields.map((field) => field.fieldId)).toEqual([1001, 1000])
    expect(back.lastPartitionId).toBe(1001)
    const restored = editor(2, [without, base.spec]).removeField('at_month').result()
    expect(restored).toMatchObject({
      reused: true,
      changed: true,
      spec: { specId: without.specId },
    })
    expect(editor(2).result()).toMatchObject({ changed: false, reused: true })
  })

  test('a removed field may be taken back, renamed on the way', () => {
    const same = editor(2).removeField('id_bucket').addField(bucket(16, 'id')).result()
    expect(same.changed).toBe(false)
    const renamed = editor(2).removeField('id_bucket').addField(bucket(16, 'id'), 'shard').result()
    expect(renamed.spec.fields[1]).toMatchObject({ name: 'shard', fieldId: 1001 })
  })

  test('v1: a name freed by void is moved aside', () => {
    const v1 = editor(1).removeField('at_month').result().spec
    const change = editor(1, [base.spec, v1], 1001).addField(month('at')).result()
    expect(
      change.spec.fields.map((field) => `${field.fieldId} ${field.name} ${field.transform.kind}`),
    ).toEqual(['1000 at_month_1000 void', '1001 id_bucket bucket', '1002 at_month month'])
  })

  test('a finer time may be added to a changed spec, as the reference allows', () => {
    expect(editor(2).addField(hour('at')).result().spec.fields).toHaveLength(3)
  })

  test('renames', () => {
    expect(editor(2).renameField('id_bucket', 'shard').result().spec.fields[1]).toMatchObject({
      name: 'shard',
      fieldId: 1001,
    })
    expect(() => editor(2).renameField('id_bucket', 'at_month').result()).toThrow(
      'the name is used more than once',
    )
    const swapped = editor(2)
      .renameField('id_bucket', 'at_month')
      .renameField('at_month', 'id_bucket')
    expect(swapped.result().spec.fields.map((field) => `${field.fieldId} ${field.name}`)).toEqual([
      '1000 id_bucket',
      '1001 at_month',
    ])
  })

  test('a transform is replaced: v2 by a new field, v1 beside what is left of the old', () => {
    const names = (change: { readonly spec: PartitionSpec }): string[] =>
      change.spec.fields.map((f) => `${f.fieldId} ${f.name} ${f.transform.kind}`)
    expect(names(editor(2).replaceField('at_month', day('at'), 'when').result())).toEqual([
      '1001 id_bucket bucket',
      '1002 when day',
    ])
    expect(
      names(editor(1).replaceField('id_bucket', bucket(32, 'id'), 'id_bucket').result()),
    ).toEqual(['1000 at_month month', '1001 id_bucket_1001 void', '1002 id_bucket bucket'])
  })

  test('v1: what is left of a dropped column keeps its name when a new column takes it', () => {
    const fields = [
      { sourceIds: [99], fieldId: 1000, name: 'name', transform: { kind: 'void' } as const },
    ]
    const change = editor(1, [{ specId: 0, fields }], 1000)
      .addField(bucket(4, 'id'))
      .result()
    expect(change.spec.fields.map((field) => field.name)).toEqual(['name', 'id_bucket_4'])
  })

  test.each<[string, (e: SpecEditor) => unknown, string]>([
    ['a field that is there', (e) => e.addField(month('at')), "it is there already as 'at_month'"],
    ['a field added twice', (e) => e.addField('name').addField('name'), 'added already'],
    ['a missing field', (e) => e.removeField('nope'), 'fields are at_month, id_bucket'],
    ['two new times', (e) => e.addField(day('at'), 'x').addField(hour('at')), 'redundant'],
    [
      'renaming what is removed',
      (e) => e.removeField('at_month').renameField('at_month', 'x'),
      'removed just now',
    ],
    [
      'removing what is renamed',
      (e) => e.renameField('at_month', 'x').removeField('at_month'),
      'renamed just now',
    ],
    [
      'a name of another column',
      (e) => e.addField(truncate(2, 'name'), 'id').result(),
      'a column has the same name',
    ],
  ])('%s is refused', (_what, change, message) => {
    expect(() => change(editor(2))).toThrow(message)
  })

  test('a spec with an unknown transform is not changed', () => {
    const spec: PartitionSpec = {
      specId: 0,
      fields: [
        { sourceIds: [1], fieldId: 1000, name: 'z', transform: { kind: 'unknown', text: 'zz' } },
      ],
    }
    expect(() => editor(2, [spec])).toThrow(Unsupported)
  })

  test('equivalence: sources, transforms and names in order; ids do not count', () => {
    const other = {
      specId: 9,
      fields: base.spec.fields.map((field) => ({ ...field, fieldId: field.fieldId + 5 })),
    }
    expect(specsEquivalent(base.spec, other)).toBe(true)
    expect(specsEquivalent(base.spec, { ...other, fields: [...other.fields].reverse() })).toBe(
      false,
    )
    expect(specsEquivalent(base.spec, { ...other, fields: other.fields.slice(1) })).toBe(false)
  })

  test('the columns in use, for schema changes: by the sort order and every spec', () => {
    const old = buildPartitionSpec(schema, ['name', bucket(4, 'id')]).spec
    const shape = {
      schema,
      specs: [old, { ...base.spec, specId: 1 }],
      defaultSpecId: 1,
      order: buildSortOrder(schema, ['name']),
    }
    const uses = [...fieldUses(shape)].map(([id, list]) => [
      id,
      ...list.map((use) => `${use.description}${use.needsColumn === false ? ' of old' : ''}`),
    ])
    expect(uses).toEqual([
      [3, "partition field 'name' of old", 'the sort order'],
      [1, "partition field 'id_bucket' of old", "partition field 'id_bucket'"],
      [2, "partition field 'at_month'"],
    ])
    expect([...partitionNames(shape)]).toEqual([
      ['at_month', 2],
      ['id_bucket', 1],
    ])
  })

  test('a promotion of a date keeps its year, month and day, and nothing else', () => {
    const date: Type = { kind: 'date' }
    const survives = (transform: Transform, from: Type = date): boolean => {
      const field = { sourceIds: [2], fieldId: 1000, name: 'f', transform }
      const specs = [{ specId: 0, fields: [field] }]
      const shape = { schema, specs, defaultSpecId: 1, order: UNSORTED }
      return fieldUses(shape).get(2)?.[0]?.allowsPromotion?.(from, { kind: 'timestamp' }) !== false
    }
    const kinds = ['identity', 'year', 'month', 'day', 'void'] as const
    expect(kinds.filter((kind) => !survives({ kind }))).toEqual(['identity'])
    expect(survives({ kind: 'bucket', buckets: 4 })).toBe(false)
    expect(survives({ kind: 'bucket', buckets: 4 }, { kind: 'int' })).toBe(true)
  })
})

describe('partition paths', () => {
  const path = (typeText: string, value: unknown, transform = 'identity'): string => {
    const type = parseTypeText(typeText)
    const built = { fields: [{ id: 1, name: 'c', required: false, type }] }
    const spec = parsePartitionSpec(
      reader(
        `{"spec-id":0,"fields":[{"name":"c","transform":"${transform}","source-id":1,"field-id":1000}]}`,
      ),
    )
    const isValue = transform === 'identity' && value !== null
    return partitionPath(spec, built, [isValue ? toDatum(type, value) : (value as Datum | null)])
  }

  test.each<[string, unknown, string]>([
    ['boolean', true, 'true'],
    ['int', -5, '-5'],
    ['long', 9007199254740993n, '9007199254740993'],
    ['float', 0.1, '0.1'],
    ['float', 16777216, '1.6777216E7'],
    ['double', 1, '1.0'],
    ['double', 0.001, '0.001'],
    ['double', 0.00012, '1.2E-4'],
    ['double', 12345678.5, '1.23456785E7'],
    ['double', 1234567.5, '1234567.5'],
    ['double', -0, '-0.0'],
    ['double', Number.NaN, 'NaN'],
    ['double', Number.NEGATIVE_INFINITY, '-Infinity'],
    ['decimal(9,2)', '12.50', '12.50'],
    ['decimal(9,8)', '0.00000012', '1.2E-7'],
    ['date', '2024-01-31', '2024-01-31'],
    ['date', '-0001-01-01', '-001-01-01'],
    ['date', '+10000-01-01', '10000-01-01'],
    ['time', '22:31:00', '22%3A31'],
    ['time', '22:31:08.5', '22%3A31%3A08.500'],
    ['time', '22:31:08.000001', '22%3A31%3A08.000001'],
    ['timestamp', '2024-01-31T13:45:00', '2024-01-31T13%3A45%3A00'],
    ['timestamp', '2024-01-31T13:45:00.100000', '2024-01-31T13%3A45%3A00.1'],
    ['timestamptz', '1969-12-31T23:59:59.999999Z', '1969-12-31T23%3A59%3A59.999999%2B00%3A00'],
    ['timestamp_ns', '2024-01-31T13:45:00.000000001', '2024-01-31T13%3A45%3A00.000000001'],
    ['string', 'a b/c=d+é😀*-_.~', 'a+b%2Fc%3Dd%2B%C3%A9%F0%9F%98%80*-_.%7E'],
    ['string', '', ''],
    ['string', 'null', 'null'],
    ['string', null, 'null'],
    ['uuid', 'f79c3e09-677c-4bbd-a479-3f349cb785e7', 'f79c3e09-677c-4bbd-a479-3f349cb785e7'],
    ['binary', Uint8Array.of(1, 2, 3, 255), 'AQID%2Fw%3D%3D'],
    ['fixed[2]', Uint8Array.of(1, 2), 'AQI%3D'],
  ])('%s %s', (type, value, expected) => {
    expect(path(type, value)).toBe(`c=${expected}`)
  })

  test.each<[string, number, string]>([
    ['year', 54, '2024'],
    ['year', -1970, '0000'],
    ['month', 648, '2024-01'],
    ['month', -1, '1969-12'],
    ['day', 19753, '2024-01-31'],
    ['hour', 474079, '2024-01-31-07'],
    ['hour', -1, '1969-12-31-23'],
    ['bucket[16]', 3, '3'],
  ])('%s %i', (transform, value, expected) => {
    expect(path('timestamp', value, transform)).toBe(`c=${expected}`)
  })

  test('several fields, names encoded; void and unpartitioned', () => {
    const spec = parsePartitionSpec(
      reader(
        '{"spec-id":0,"fields":[{"name":"a b","transform":"identity","source-id":1,"field-id":1000},{"name":"v","transform":"void","source-id":3,"field-id":1001}]}',
      ),
    )
    expect(partitionPath(spec, schema, [5n, null])).toBe('a+b=5/v=null')
    expect(partitionPath({ specId: 0, fields: [] }, schema, [])).toBe('')
  })
})
