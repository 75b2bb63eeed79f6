import { rowEncoder } from '../../types/encode-row.js'
import type { Field, Schema, Type } from '../../types/type.js'
import type { Terminal } from '../terminal.js'
import { cellTexts } from './cell-text.js'
import { TextTable } from './text-table.js'

/** Where rows go, one format each. Rows are objects as a scan gives them by default. */
export interface RowOutput {
  row(row: object): Promise<void>
  end(): Promise<void>
}

const CHUNK_CHARACTERS = 64 * 1024
const PAGE_ROWS = 200
const CELL_WIDTH_MAX = 48

/** Collects text so that the output is written in few large pieces. */
class Lines {
  readonly #terminal: Terminal
  #text = ''

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  async add(line: string): Promise<void> {
    this.#text += `${line}\n`
    if (this.#text.length >= CHUNK_CHARACTERS) await this.flush()
  }

  async flush(): Promise<void> {
    const text = this.#text
    this.#text = ''
    if (text !== '') await this.#terminal.write(text)
  }
}

/** One canonical JSON object on each line: lossless, and the same from every engine. */
export function jsonLinesOutput(schema: Schema, terminal: Terminal): RowOutput {
  const encode = rowEncoder(schema)
  const lines = new Lines(terminal)
  return { row: (row) => lines.add(encode(row)), end: () => lines.flush() }
}

/** RFC 4180 with a line of names; null is nothing, an empty text is `""`. */
export function csvOutput(schema: Schema, terminal: Terminal): RowOutput {
  const texts = cellTexts(schema.fields)
  const lines = new Lines(terminal)
  let begun: Promise<void> | undefined
  const header = (): Promise<void> => {
    begun ??= lines.add(schema.fields.map((field) => csvCell(field.name)).join(','))
    return begun
  }
  return {
    row: async (row) => {
      await header()
      await lines.add(texts.map((text) => csvCell(text(row))).join(','))
    },
    end: async () => {
      await header()
      await lines.flush()
    },
  }
}

function csvCell(text: string | null): string {
  if (text === null) return ''
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Aligned columns for people, page by page. */
export function tableOutput(schema: Schema, terminal: Terminal): RowOutput {
  const texts = cellTexts(schema.fields)
  const columns = schema.fields.map((field) => columnOf(field))
  const table = new TextTable(columns, terminal.style.bold)
  let page: string[][] = []
  const flush = async (): Promise<void> => {
    const lines = table.page(page)
    page = []
    if (lines.length > 0) await terminal.write(`${lines.join('\n')}\n`)
  }
  return {
    row: async (row) => {
      page.push(texts.map((text) => text(row) ?? 'null'))
      if (page.length === PAGE_ROWS) await flush()
    },
    end: flush,
  }
}

function columnOf({ name, type }: Field) {
  return {
    title: name,
    align: isNumeric(type) ? 'right' : 'left',
    widthMax: CELL_WIDTH_MAX,
  } as const
}

function isNumeric({ kind }: Type): boolean {
  return ['int', 'long', 'float', 'double', 'decimal'].includes(kind)
}
