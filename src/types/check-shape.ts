import { InvalidArgument } from '../errors.js'
import { buildSchema } from './build-schema.js'
import type { SchemaShape } from './infer.js'
import type { Field, Schema, Type } from './type.js'
import { formatType } from './type-text.js'

/**
 * Checks that a table's schema is the one a program was written for: the columns with their types,
 * and none nullable that the program takes as required, list elements and map values included. Ids,
 * order and docs are free, and the table may have more columns: it can grow without breaking anyone.
 *
 * @throws InvalidArgument naming every difference.
 */
export function checkShape(schema: Pick<Schema, 'fields'>, shape: SchemaShape): void {
  const wanted = buildSchema(shape).schema
  const problems: string[] = []
  compareFields(schema.fields, wanted.fields, '', problems)
  if (problems.length > 0) {
    throw new InvalidArgument(`the table does not have the given schema: ${problems.join('; ')}`)
  }
}

function compareFields(
  actual: readonly Field[],
  wanted: readonly Field[],
  prefix: string,
  problems: string[],
): void {
  const byName = new Map(actual.map((field) => [field.name, field]))
  for (const field of wanted) {
    const path = prefix + field.name
    const found = byName.get(field.name)
    if (found === undefined) problems.push(`column '${path}' is missing`)
    else compareColumn(found.type, found.required, field.type, field.required, path, problems)
  }
}

function compareColumn(
  actual: Type,
  actualRequired: boolean,
  wanted: Type,
  wantedRequired: boolean,
  path: string,
  problems: string[],
): void {
  if (wantedRequired && !actualRequired) problems.push(`column '${path}' is optional`)
  if (actual.kind === 'struct' && wanted.kind === 'struct') {
    compareFields(actual.fields, wanted.fields, `${path}.`, problems)
  } else if (actual.kind === 'list' && wanted.kind === 'list') {
    compareColumn(
      actual.element,
      actual.elementRequired,
      wanted.element,
      wanted.elementRequired,
      `${path}.element`,
      problems,
    )
  } else if (actual.kind === 'map' && wanted.kind === 'map') {
    compareColumn(actual.key, true, wanted.key, true, `${path}.key`, problems)
    compareColumn(
      actual.value,
      actual.valueRequired,
      wanted.value,
      wanted.valueRequired,
      `${path}.value`,
      problems,
    )
  } else if (formatType(actual) !== formatType(wanted)) {
    problems.push(`column '${path}' is ${formatType(actual)}, not ${formatType(wanted)}`)
  }
}
