import { currentSchema } from '../format/lookup.js'
import type { TableMetadata } from '../format/model.js'
import { checkShape } from '../types/check-shape.js'
import type { SchemaShape } from '../types/infer.js'

/** Throws `InvalidArgument` naming what of `shape` the table has otherwise or not at all. */
export function checkExpectedSchema(metadata: TableMetadata, shape: SchemaShape): void {
  checkShape(currentSchema(metadata), shape)
}
