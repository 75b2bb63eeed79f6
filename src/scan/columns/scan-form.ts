import type { ArrowForm } from '../../arrow/schema.js'

/** The Arrow forms that a scan can be asked for. */
export interface ScanForm extends ArrowForm {
  readonly decimals?: 'decimal128' | 'int64'
}
