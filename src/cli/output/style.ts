/** Text styles that vanish where colour is not wanted. */
export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
}

const plain = (text: string): string => text

const PLAIN: Style = Object.freeze({ bold: plain, dim: plain, red: plain, green: plain })

const COLORED: Style = Object.freeze({
  bold: (text: string) => `\u001b[1m${text}\u001b[22m`,
  dim: (text: string) => `\u001b[2m${text}\u001b[22m`,
  red: (text: string) => `\u001b[31m${text}\u001b[39m`,
  green: (text: string) => `\u001b[32m${text}\u001b[39m`,
})

/** Colour on a terminal, unless `NO_COLOR` is set to anything or the terminal is dumb. */
export function colorsFor(
  isTTY: boolean,
  env: Readonly<Record<string, string | undefined>>,
): Style {
  const refused = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb'
  return isTTY && !refused ? COLORED : PLAIN
}
