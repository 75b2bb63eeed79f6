import { InvalidArgument } from '../errors.js'
import { currentSchema } from '../format/lookup.js'
import type { TableMetadata } from '../format/model.js'
import { buildSchema } from '../types/build-schema.js'
import type { SchemaShape } from '../types/infer.js'
import type { Field, Type } from '../types/type.js'
import { formatType } from '../types/type-text.js'

/** Throws `InvalidArgument` naming the first column of `shape` that the table has otherwise or not. */
export function checkExpectedSchema(metadata: TableMetadata, shape: SchemaShape): void {
  const expected = buildSchema(shape).schema.fields
  compareFields(expected, currentSchema(metadata).fields, '')
}

function compareFields(expected: readonly Field[], actual: readonly Field[], prefix: string): void {
  for (const want of expected) {
    const path = `${prefix}${want.name}`
    const have = actual.find((field) => field.name === want.name)
    if (have === undefined) {
      throw new InvalidArgument(`the table has no column '${path}', which the given schema names`, {
        details: { column: path },
      })
    }
    if (want.required && !have.required) {
      throw new InvalidArgument(
        `column '${path}' is optional in the table and required in the given schema`,
        { details: { column: path } },
      )
    }
    compareTypes(want.type, have.type, path)
  }
}

function compareTypes(want: Type, have: Type, path: string): void {
  if (want.kind === 'struct' && have.kind === 'struct') {
    compareFields(want.fields, have.fields, `${path}.`)
  } else if (want.kind === 'list' && have.kind === 'list') {
    compareTypes(want.element, have.element, `${path}.element`)
  } else if (want.kind === 'map' && have.kind === 'map') {
    compareTypes(want.key, have.key, `${path}.key`)
    compareTypes(want.value, have.value, `${path}.value`)
  } else if (formatType(want) !== formatType(have)) {
    throw new InvalidArgument(
      `column '${path}' is ${formatType(have)} in the table and ${formatType(want)} in the given schema`,
      { details: { column: path } },
    )
  }
}
