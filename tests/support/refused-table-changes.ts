import { asc, bucket, day, desc, hour, month, t, year } from '../../src/index.js'
import type { SpecEditor } from '../../src/partition/spec-editor.js'
import type { SchemaEditor } from '../../src/types/schema-editor.js'
import type { Schema } from '../../src/types/type.js'
import { type Case, other, schema, spec } from './refused-change.js'

const raw = (fields: Schema['fields']): Schema => ({ schemaId: 0, fields, identifierFieldIds: [] })
const never = null as never

/** Identifier, partition and sort fields, the function itself, specs, orders, properties, format. */
export const tableCases: readonly Case[] = [
  // Identifier.
  schema('S9', 'drop an identifier field', (s) => s.dropColumn('id'), 'identifier field', 'id'),
  schema(
    'S9',
    'make an identifier field optional',
    (s) => s.makeOptional('id'),
    'cannot be an identifier field',
    'id',
  ),
  schema('S9', 'an optional identifier', (s) => s.setIdentifier('n'), 'not required', 'n'),
  schema('S9', 'a floating-point identifier', (s) => s.setIdentifier('x'), 'floating point', 'x'),
  schema('S9', 'a struct as identifier', (s) => s.setIdentifier('s'), 'not primitive', 's'),
  schema(
    'S9',
    'an identifier in a list',
    (s) => s.setIdentifier('l.element.p'),
    'lies in a list or map',
    'l.element.p',
  ),
  schema(
    'S9',
    'union: makes the identifier optional',
    (s) => s.unionByName({ id: t.long() }),
    'cannot be an identifier field',
    'id',
  ),
  // Partition and sort fields.
  schema(
    'S10',
    'drop a partition source',
    (s) => s.dropColumn('at'),
    "partition field 'at_day' needs it",
    'at',
  ),
  schema(
    'S10',
    'drop a struct around a partition source',
    (s) => s.dropColumn('s'),
    "partition field 's.a' needs it",
    's',
  ),
  schema('S10', 'drop a sort source', (s) => s.dropColumn('n'), 'the sort order needs it', 'n'),
  schema(
    'S10',
    'drop a partition source in v1',
    (s) => s.dropColumn('city'),
    "partition field 'city_bucket' needs it",
    'city',
    'v1',
  ),
  schema(
    'S10',
    'widen a partition date',
    (s) => s.widenColumn('d', t.timestamp()),
    'would change its values',
    'd',
    'v3',
  ),
  schema(
    'S10',
    'widen a date that an old spec holds',
    (s) => s.widenColumn('d', t.timestamp()),
    'would change its values',
    'd',
    'old',
  ),
  schema(
    'S10',
    'add: the name of a partition field',
    (s) => s.addColumn('at_day', t.int()),
    "partition field 'at_day'",
    'at_day',
  ),
  schema(
    'S10',
    'rename: to the name of a partition field',
    (s) => s.renameColumn('x', 'city_bucket'),
    "partition field 'city_bucket'",
    'city_bucket',
  ),
  schema(
    'S10',
    'a new column with the name of a renamed source',
    (s) => s.renameColumn('d', 'dd').addColumn('d', t.int()),
    "partition field 'd'",
    'd',
  ),
  // The function.
  other(
    'S11',
    'nothing returned',
    (table) => table.updateSchema(((s: SchemaEditor) => void s.addColumn('z', t.int())) as never),
    'it returned nothing',
  ),
  other(
    'S11',
    'a promise returned',
    (table) => table.updateSchema((async (s: SchemaEditor) => s.addColumn('z', t.int())) as never),
    'it returned something else',
  ),
  other(
    'S11',
    'nothing returned for a spec',
    (table) => table.updateSpec(((s: SpecEditor) => void s.addField('x')) as never),
    'it returned nothing',
  ),
  other(
    'S11',
    'the last step fails',
    (table) =>
      table.updateSchema(((s: SchemaEditor) =>
        s.addColumn('z', t.int()).dropColumn('x').dropColumn('x')) as never),
    "no column 'x'",
    'x',
  ),
  other(
    'S11',
    'no Arrow type',
    (table) =>
      table.updateSchema(((s: SchemaEditor) =>
        s.unionByName({
          metadata: new Map(),
          fields: [{ name: 'u', nullable: true, type: { typeId: 14, children: [] } }],
        })) as never),
    'no Iceberg type holds',
    'u',
  ),
  other(
    'S11',
    'a union with nothing',
    (table) => table.updateSchema(((s: SchemaEditor) => s.unionByName(never)) as never),
    'unionByName takes',
  ),
  other(
    'S11',
    'a union with case clashes',
    (table) =>
      table.updateSchema(((s: SchemaEditor) =>
        s.unionByName(
          raw([{ id: 1, name: 'ID', required: false, type: { kind: 'long' } }]),
        )) as never),
    'only in case',
    'ID',
  ),
  // Partition specs.
  spec(
    'P1',
    'add: a field that is there',
    (s) => s.addField(day('at')),
    "there already as 'at_day'",
    'at_day',
  ),
  spec('P1', 'add: twice', (s) => s.addField('id').addField('id'), 'added already', 'id'),
  spec(
    'P1',
    'add: two times of one column',
    (s) => s.addField(month('at')).addField(year('at')),
    'redundant',
    'at_year',
  ),
  spec(
    'P1',
    'add: a taken name',
    (s) => s.addField(bucket(8, 'city'), 'at_day'),
    'used more than once',
    'at_day',
  ),
  spec(
    'P1',
    'add: the name of a column',
    (s) => s.addField(bucket(8, 'city'), 'n'),
    'a column has the same name',
    'n',
  ),
  spec(
    'P1',
    'add: an empty name',
    (s) => s.addField('id', ''),
    'needs a name that is a text',
    'id',
  ),
  spec('P2', 'add: a missing column', (s) => s.addField('nope'), "no column 'nope'", 'nope'),
  spec(
    'P2',
    'add: a column in a list',
    (s) => s.addField('l.element.p'),
    'lies in a list or map',
    'l.element.p',
  ),
  spec('P2', 'add: a struct', (s) => s.addField('s'), 'struct', 's'),
  spec('P2', 'add: a transform that does not fit', (s) => s.addField(day('n')), 'day', 'n'),
  spec('P2', 'add: hours of a date', (s) => s.addField(hour('d')), 'hour', 'd'),
  spec('P2', 'add: a bucket of doubles', (s) => s.addField(bucket(4, 'x')), 'bucket', 'x'),
  spec('P2', 'add: no term', (s) => s.addField(5 as never), 'a partition or sort term'),
  spec('P3', 'remove: missing', (s) => s.removeField('nope'), 'fields are', 'nope'),
  spec(
    'P3',
    'remove: twice',
    (s) => s.removeField('at_day').removeField('at_day'),
    'removed just now',
    'at_day',
  ),
  spec(
    'P3',
    'remove: what was added',
    (s) => s.addField('id').removeField('id'),
    'added just now',
    'id',
  ),
  spec(
    'P3',
    'remove: what was renamed',
    (s) => s.renameField('at_day', 'z').removeField('at_day'),
    'renamed just now',
    'at_day',
  ),
  spec(
    'P3',
    'rename: what was removed',
    (s) => s.removeField('at_day').renameField('at_day', 'z'),
    'removed just now',
    'at_day',
  ),
  spec(
    'P3',
    'rename: a taken name',
    (s) => s.renameField('at_day', 'city_bucket'),
    'used more than once',
    'city_bucket',
  ),
  spec(
    'P3',
    'rename: to nothing',
    (s) => s.renameField('at_day', ''),
    'new name is empty',
    'at_day',
  ),
  spec(
    'P3',
    'rename: the name of a column',
    (s) => s.renameField('at_day', 'x'),
    'a column has the same name',
    'x',
  ),
  spec(
    'P3',
    'remove: from an unpartitioned table',
    (s) => s.removeField('z'),
    'not partitioned',
    'z',
    'lone',
  ),
  // Sort order, properties, format version.
  other(
    'O1',
    'sort by a missing column',
    (table) => table.updateSortOrder(['nope']),
    "no column 'nope'",
    'nope',
  ),
  other(
    'O1',
    'sort by a column twice',
    (table) => table.updateSortOrder(['n', desc('n')]),
    'it is sorted by twice',
    'n',
  ),
  other(
    'O1',
    'sort by a place of nulls that is none',
    (table) => table.updateSortOrder([asc('n', 'first' as never)]),
    "'nulls-first' or 'nulls-last'",
    'n',
  ),
  other(
    'O1',
    'sort by a direction that is none',
    (table) => table.updateSortOrder([{ term: 'n', direction: 'up' as never }]),
    "'asc' or 'desc'",
    'n',
  ),
  other('O1', 'sort by a list', (table) => table.updateSortOrder(['l']), 'l'),
  other(
    'O1',
    'sort by a transform that does not fit',
    (table) => table.updateSortOrder([day('city')]),
    'day',
    'city',
  ),
  other(
    'O1',
    'sort by no array',
    (table) => table.updateSortOrder('n' as never),
    'an array of terms',
  ),
  other(
    'O2',
    'a reserved property',
    (table) => table.updateProperties({ set: { 'format-version': '3' } }),
    'describes the table',
    'format-version',
  ),
  other(
    'O2',
    'a property that is no string',
    (table) => table.updateProperties({ set: { a: 1 as never } }),
    'must be a string',
    'a',
  ),
  other(
    'O2',
    'a property set and removed',
    (table) => table.updateProperties({ set: { a: '1' }, remove: ['a'] }),
    'both set and removed',
  ),
  other(
    'O2',
    'a nameless property',
    (table) => table.updateProperties({ set: { '': '1' } }),
    'is empty',
  ),
  other('O3', 'back to an older format', (table) => table.upgradeFormat(1), 'cannot go back'),
  other('O3', 'back from 3', (table) => table.upgradeFormat(2), 'cannot go back', undefined, 'v3'),
  other(
    'O3',
    'an unknown format',
    (table) => table.upgradeFormat(4 as never),
    'as the number 1, 2 or 3',
  ),
]
