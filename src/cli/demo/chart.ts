const WIDTH = 44

/** Two bars for each key, before and after; a bar's length is its share of the greatest value. */
export function beforeAfterChart(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  unit: string,
): string[] {
  const greatest = Math.max(0, ...before.values(), ...after.values())
  const line = (label: string, value: number): string =>
    `${label}  ${bar(greatest === 0 ? 0 : Math.max(0, value) / greatest)} ${value.toFixed(1)} ${unit}`
  return [...after].flatMap(([key, now]) => {
    const then = before.get(key) ?? 0
    const mark = Math.abs(now - then) < 0.05 ? '' : '   <- corrected'
    return [
      line(`${key}  before`, then),
      `${line(`${' '.repeat(key.length)}  after `, now)}${mark}`,
    ]
  })
}

/** A bar of eighths of a character cell. */
function bar(share: number): string {
  const eighths = Math.round(share * WIDTH * 8)
  const rest = eighths % 8
  const part = rest === 0 ? '' : String.fromCharCode(0x2590 - rest)
  return '\u2588'.repeat(eighths >> 3) + part
}
