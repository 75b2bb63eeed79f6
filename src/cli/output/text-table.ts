/** Aligned columns of text for people. */
export interface TextColumn {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** Widest a cell may get before it is cut; cells are never cut when this is undefined. */
  readonly widthMax?: number
}

const GAP = '  '

/**
 * Text that is safe to print: line breaks and control characters, which a hostile value could use
 * to rewrite a terminal, become visible escapes.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, (char) => {
    if (char === '\n') return '\\n'
    if (char === '\t') return '\\t'
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** How many terminal cells a text takes: wide East Asian characters and emoji take two. */
export function cellWidth(text: string): number {
  let width = 0
  for (const char of text) {
    const code = char.codePointAt(0)!
    if (/\p{Mark}/u.test(char) || code === 0x200d || code === 0xfe0f) continue
    width += isWide(code) ? 2 : 1
  }
  return width
}

function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  )
}

/** Cuts a text to a width, with an ellipsis where something is missing. */
export function cut(text: string, width: number): string {
  if (cellWidth(text) <= width) return text
  let kept = ''
  let used = 0
  for (const char of text) {
    const next = cellWidth(char)
    if (used + next > width - 1) break
    kept += char
    used += next
  }
  return `${kept}…`
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - cellWidth(text)))
  return align === 'right' ? space + text : text + space
}

/**
 * A table that is printed page by page: widths come from the title and the first page, so that a
 * long result streams.
 */
export class TextTable {
  readonly #columns: readonly TextColumn[]
  readonly #bold: (text: string) => string
  #widths: readonly number[] = []
  #begun = false

  constructor(columns: readonly TextColumn[], bold: (text: string) => string = (text) => text) {
    this.#columns = columns
    this.#bold = bold
  }

  /** The lines of a page; the first one brings the titles. */
  page(rows: readonly (readonly string[])[]): string[] {
    const cells = rows.map((row) => row.map(printable))
    const lines: string[] = []
    if (!this.#begun) {
      this.#begun = true
      this.#widths = this.#columns.map((column, index) => this.#width(column, index, cells))
      const titles = this.#columns.map((column) => printable(column.title))
      lines.push(this.#bold(this.#line(titles)))
    }
    for (const row of cells) lines.push(this.#line(row))
    return lines
  }

  #width(column: TextColumn, index: number, cells: readonly (readonly string[])[]): number {
    const widths = cells.map((row) => cellWidth(row[index]!))
    const widest = Math.max(cellWidth(printable(column.title)), ...widths)
    return Math.min(widest, column.widthMax ?? widest)
  }

  #line(row: readonly string[]): string {
    const cells = this.#columns.map((column, index) => {
      const width = this.#widths[index]!
      const text = row[index]!
      return pad(
        column.widthMax === undefined ? text : cut(text, width),
        width,
        column.align ?? 'left',
      )
    })
    return cells.join(GAP).trimEnd()
  }
}

/** A whole table at once. */
export function textTable(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
  bold?: (text: string) => string,
): string {
  return new TextTable(columns, bold).page(rows).join('\n')
}
