import { copyBits, countBits, fillBits } from './bitmap.js'
import type { BufferSupply } from './buffer-supply.js'
import { HybridReader } from './hybrid.js'
import { Levels } from './levels.js'
import { badPage } from './page-errors.js'
import { PAGE_DATA } from './page-header.js'
import { PageStream } from './page-stream.js'
import type { RowRange } from './raw-column.js'
import type { ChunkTask, DecodeTask } from './read-node.js'
import { BytesSink } from './sink-bytes.js'
import { DecimalSink } from './sink-decimal.js'
import { FixedSink } from './sink-fixed.js'
import { BitSink, DictionarySink, NullSink, readBits } from './sink-others.js'
import { type SplitPage, splitV1, splitV2 } from './split-page.js'
import type { PageValues, SinkContext, ValueSink } from './value-sink.js'

const hybrid = new HybridReader()

/** A piece of the file, by its offset. */
export interface FileBytes {
  readonly start: number
  readonly bytes: Uint8Array
}

/** The values of one column, with what says where the nulls and the lists are. */
export interface DecodedLeaf {
  readonly sink: ValueSink
  /** Flat columns: one bit for each row; undefined when none is null. */
  readonly validity: Uint8Array | undefined
  /** Nested columns: the levels of each entry. Their values are dense. */
  readonly levels: Levels | undefined
  /** Rows of the row group that were decoded, in order. */
  readonly rows: readonly RowRange[]
}

export function makeSink(task: ChunkTask, context: SinkContext): ValueSink {
  const { output } = task
  switch (output.kind) {
    case 'fixed':
      return new FixedSink(output.conversion, task.physical, context)
    case 'bytes':
      return new BytesSink(output.utf8, context)
    case 'byte-decimals':
      return new DecimalSink(output.width, context)
    case 'bits':
      return new BitSink(context)
    case 'dictionary':
      return new DictionarySink(context)
    case 'null':
      return new NullSink()
  }
}

/** Decodes one column chunk, or the pages of it that the task asks for. */
export class LeafDecoder {
  readonly #chunk: ChunkTask
  readonly #task: DecodeTask
  readonly #sink: ValueSink
  readonly #levels: Levels | undefined
  readonly #expected: number
  readonly #decoded: RowRange[] = []
  #validity: Uint8Array | undefined
  #hasDictionary = false

  constructor(chunk: ChunkTask, task: DecodeTask, supply: BufferSupply) {
    this.#chunk = chunk
    this.#task = task
    this.#expected =
      chunk.pages === undefined
        ? Math.min(chunk.values, 1 << 28)
        : chunk.pages.reduce((sum, page) => sum + page.rows, 0)
    this.#sink = makeSink(chunk, { supply, expected: this.#expected })
    this.#levels = chunk.nested
      ? new Levels(chunk.maxDefinition, chunk.maxRepetition, this.#expected)
      : undefined
  }

  decode(pieces: readonly FileBytes[]): DecodedLeaf {
    if (this.#chunk.pages === undefined) this.#decodeAll(pieces)
    else this.#decodePages(pieces)
    return {
      sink: this.#sink,
      validity: this.#validity,
      levels: this.#levels,
      rows: this.#decoded,
    }
  }

  #stream(bytes: Uint8Array): PageStream {
    return new PageStream(bytes, this.#chunk.codec, this.#task)
  }

  #decodeAll(pieces: readonly FileBytes[]): void {
    const total = this.#chunk.values
    if (total === 0) return
    // A chunk that is read whole is one piece.
    const pages = this.#stream((pieces[0] as FileBytes).bytes)
    let seen = 0
    while (seen < total) {
      if (!pages.next()) badPage(`it has ${seen} values, not ${total}`)
      if (pages.isDictionary) this.#readDictionary(pages)
      if (!pages.isData) continue
      const { values } = pages.header
      if (values > total - seen) badPage(`it has more than ${total} values`)
      if (this.#levels !== undefined || this.#isWanted(seen, values)) this.#readData(pages, seen)
      seen += values
    }
    if (this.#levels === undefined) return
    const { rows } = this.#levels
    if (rows !== this.#task.rows) badPage(`it has ${rows} rows, not ${this.#task.rows}`)
    this.#decoded.push({ start: 0, end: rows })
  }

  /** Whether any row of a flat page is wanted. */
  #isWanted(firstRow: number, rows: number): boolean {
    const ranges = this.#task.rowRanges
    if (ranges === undefined) return true
    return ranges.some(({ start, end }) => start < firstRow + rows && end > firstRow)
  }

  #decodePages(pieces: readonly FileBytes[]): void {
    const { dictionaryOffset, pages: places = [] } = this.#chunk
    if (dictionaryOffset !== undefined) {
      const { stream, offset } = this.#locate(pieces, dictionaryOffset)
      if (stream.next(offset) && stream.isDictionary) this.#readDictionary(stream)
    }
    for (const place of places) {
      const { stream, offset } = this.#locate(pieces, place.offset)
      if (!stream.next(offset) || !stream.isData) badPage('the offset index points at no page')
      if (this.#levels === undefined) {
        if (stream.header.values !== place.rows) badPage('the offset index has another row count')
        this.#readData(stream, place.firstRow)
      } else {
        const before = this.#levels.rows
        this.#readData(stream, place.firstRow)
        const rows = this.#levels.rows - before
        if (rows !== place.rows) badPage('the offset index has another row count')
        this.#decoded.push({ start: place.firstRow, end: place.firstRow + rows })
      }
    }
  }

  #locate(
    pieces: readonly FileBytes[],
    offset: number,
  ): { readonly stream: PageStream; readonly offset: number } {
    for (const { start, bytes } of pieces) {
      if (offset >= start && offset < start + bytes.length) {
        return { stream: this.#stream(bytes), offset: offset - start }
      }
    }
    return badPage('a page lies outside its column')
  }

  #readDictionary(pages: PageStream): void {
    if (this.#hasDictionary) badPage('it has two dictionaries')
    this.#hasDictionary = true
    const { values, encoding } = pages.header
    this.#sink.setDictionary(pages.body(), values, encoding)
  }

  #readData(pages: PageStream, firstRow: number): void {
    const { header } = pages
    const body = pages.body()
    const split =
      header.type === PAGE_DATA
        ? splitV1(header, body, this.#chunk)
        : splitV2(header, pages.levels(), body, this.#chunk)
    const { values, encoding } = header
    if (this.#levels !== undefined) {
      this.#readNested(this.#levels, split, values, encoding)
      return
    }
    this.#decoded.push({ start: firstRow, end: firstRow + values })
    if (split.definitions === undefined) this.#sink.append(split.values, values, encoding)
    else this.#readNullable(split.definitions, split.values, values, encoding)
  }

  #readNested(levels: Levels, split: SplitPage, count: number, encoding: number): void {
    levels.reserve(count)
    if (split.repetitions !== undefined) levels.readRepetitions(split.repetitions, count)
    const present = levels.readDefinitions(split.definitions, count)
    this.#sink.append(split.values, present, encoding)
  }

  #readNullable(definitions: PageValues, page: PageValues, count: number, encoding: number): void {
    const at = this.#sink.length
    const { bytes, view, start, end } = definitions
    hybrid.reset(bytes, view, start, end, 1)
    // Most pages have no null: runs of ones, and then no bitmap is needed.
    if (hybrid.skipOnes(count)) {
      if (this.#validity !== undefined) fillBits(this.#growValidity(at + count), at, count, true)
      this.#sink.append(page, count, encoding)
      return
    }
    hybrid.reset(bytes, view, start, end, 1)
    const validity = this.#growValidity(at + count)
    readBits(hybrid, bytes, validity, at, count)
    const present = countBits(validity, at, count)
    this.#sink.append(page, present, encoding)
    if (present < count) this.#sink.spread(present, count, validity, at)
  }

  /** The bitmap with room for `length` bits; those of rows before the first null are set. */
  #growValidity(length: number): Uint8Array {
    const before = this.#validity
    const needed = (length + 7) >> 3
    if (before !== undefined && before.length >= needed) return before
    const grown = new Uint8Array(Math.max(needed, (this.#expected + 7) >> 3))
    if (before === undefined) fillBits(grown, 0, this.#sink.length, true)
    else copyBits(before, 0, grown, 0, this.#sink.length)
    this.#validity = grown
    return grown
  }
}
