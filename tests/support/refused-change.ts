/** One change that is refused, and what must be said of it. */
import type { Table } from '../../src/index.js'
import type { SpecEditor } from '../../src/partition/spec-editor.js'
import type { SchemaEditor } from '../../src/types/schema-editor.js'

export type AnyTable = Table<unknown>

type Schemas = (s: SchemaEditor) => unknown
type Specs = (s: SpecEditor) => unknown

export interface Case {
  /** The row of spec/evolution.md that documents it. */
  readonly rule: string
  readonly what: string
  readonly on?: string
  readonly change: (table: AnyTable) => Promise<unknown>
  readonly message: string
  /** The column or field that the error names; none where none is at fault. */
  readonly names?: string
}

export const schema = (
  rule: string,
  what: string,
  edit: Schemas,
  message: string,
  names: string,
  on = 'v2',
): Case => ({
  rule,
  what,
  on,
  message,
  names,
  change: (table) => table.updateSchema(edit as never),
})
export const spec = (
  rule: string,
  what: string,
  edit: Specs,
  message: string,
  names?: string,
  on = 'v2',
): Case => ({
  rule,
  what,
  on,
  message,
  ...(names !== undefined && { names }),
  change: (table) => table.updateSpec(edit as never),
})
export const other = (
  rule: string,
  what: string,
  change: Case['change'],
  message: string,
  names?: string,
  on = 'v2',
): Case => ({
  rule,
  what,
  on,
  change,
  message,
  ...(names !== undefined && { names }),
})
