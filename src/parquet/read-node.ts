import type { Conversion } from './convert.js'
import type { ParquetCodec, PhysicalType } from './model.js'
import type { RowRange } from './raw-column.js'

/** In what form a leaf's values are collected. */
export type LeafOutput =
  | { readonly kind: 'fixed'; readonly conversion: Conversion }
  | { readonly kind: 'bits' | 'dictionary' | 'null' }
  | { readonly kind: 'bytes'; readonly utf8: boolean }
  /** Decimals in BYTE_ARRAY: variable length in the file, fixed in Arrow. */
  | { readonly kind: 'byte-decimals'; readonly width: 8 | 16 }

/**
 * How to put the columns of a row group together: the wanted part of the schema, without Arrow's
 * types, as plain data that can be sent to a worker.
 */
export type ReadNode =
  | {
      readonly kind: 'leaf'
      /** Index into the chunks of the task. */
      readonly chunk: number
      readonly maxDefinition: number
    }
  | {
      readonly kind: 'struct'
      readonly optional: boolean
      readonly definition: number
      readonly children: readonly ReadNode[]
    }
  | {
      /** A map is a list whose element is the struct of key and value. */
      readonly kind: 'list'
      readonly optional: boolean
      /** Definition level at which the list itself is there. */
      readonly definition: number
      /** Definition and repetition level at which it has an element. */
      readonly elementDefinition: number
      readonly repetition: number
      readonly element: ReadNode
    }

/** Where one page begins, and which rows of the row group it holds. */
export interface PagePlace {
  readonly offset: number
  readonly bytes: number
  readonly firstRow: number
  readonly rows: number
}

/** One column chunk to decode. */
export interface ChunkTask {
  /** Dotted path, for errors. */
  readonly column: string
  readonly physical: PhysicalType
  readonly typeLength: number
  readonly codec: ParquetCodec
  readonly output: LeafOutput
  readonly maxDefinition: number
  readonly maxRepetition: number
  /** Whether the leaf lies below a group, so that its levels are needed to put columns together. */
  readonly nested: boolean
  /** Values with nulls, as the footer says. */
  readonly values: number
  /** Bytes of the file to read: the whole chunk, or the dictionary page and the pages needed. */
  readonly spans: readonly ByteSpan[]
  /** File offset of the dictionary page; only when `pages` is given. */
  readonly dictionaryOffset: number | undefined
  /** The pages to decode. Left out: every page of the chunk, found one after the other. */
  readonly pages: readonly PagePlace[] | undefined
}

/** Bytes `[start, end)` of a file. */
export interface ByteSpan {
  readonly start: number
  readonly end: number
}

/** A row group, or some columns of it, to decode. */
export interface DecodeTask {
  readonly path: string
  readonly rows: number
  /** Rows wanted; left out: all. */
  readonly rowRanges: readonly RowRange[] | undefined
  readonly chunks: readonly ChunkTask[]
  readonly nodes: readonly ReadNode[]
  /** `parquetPageBytes` and `parquetPageValues` of the limits. */
  readonly pageBytesMax: number
  readonly pageValuesMax: number
  readonly checksums: boolean
  /** Footer of the mini image of the chunks, for parquet-wasm to decode; left out: decode here. */
  readonly mini: Uint8Array | undefined
}
