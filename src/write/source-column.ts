/** The column of a batch that a partition or sort field is made from. */
import type { Data, RecordBatch } from 'apache-arrow'
import { validAt, validityOf } from '../arrow/layout.js'
import { Unsupported } from '../errors.js'
import { schemaIndex } from '../types/schema-index.js'
import type { Field, Schema, Type } from '../types/type.js'
import { assert } from '../util/assert.js'

export interface SourceColumn {
  readonly data: Data
  /** Whether every struct around a row's value is there; undefined: always. */
  readonly reachable: ((index: number) => boolean) | undefined
}

export interface SourceReader {
  readonly type: Type
  readonly of: (batch: RecordBatch) => SourceColumn
}

/**
 * Finds a column by field id, in structs too.
 *
 * @throws Unsupported when the schema has it not, or has it under a list or map
 */
export function sourceReader(schema: Schema, fieldId: number): SourceReader {
  const found = schemaIndex(schema).byId.get(fieldId)
  if (found === undefined || found.inRepeated) {
    throw new Unsupported(
      'partition-source',
      `no column has field id ${fieldId}, which the table is partitioned or sorted by`,
    )
  }
  const positions = positionsOf(schema.fields, found.path)
  return { type: found.type, of: (batch) => descend(batch.data, positions) }
}

function positionsOf(fields: readonly Field[], path: readonly string[]): number[] {
  let members = fields
  return path.map((name) => {
    const position = members.findIndex((field) => field.name === name)
    const type = members[position]?.type
    members = type?.kind === 'struct' ? type.fields : []
    return position
  })
}

function descend(root: Data, positions: readonly number[]): SourceColumn {
  let data = root
  let reachable: SourceColumn['reachable']
  positions.forEach((position, depth) => {
    if (depth > 0 && validityOf(data) !== undefined) {
      const above = reachable
      const own = validAt(data)
      reachable = above === undefined ? own : (index) => above(index) && own(index)
    }
    const child = data.children[position]
    assert(child !== undefined, 'a batch to write lacks a column')
    data = child
  })
  return { data, reachable }
}
