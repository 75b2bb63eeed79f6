import { type MethodResult, type Report, TITLES, type WorkloadResult } from './report.js'

const WIDTH = 860
const LABEL = 300
const BAR = 18
const GAP = 6
const FILL: Readonly<Record<MethodResult['engine'], string>> = {
  moraine: '#1f6f8b',
  duckdb: '#e0a526',
  hyparquet: '#9a8c98',
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

function bars({ workload, results }: WorkloadResult, top: number): { svg: string; height: number } {
  const longest = Math.max(...results.map(({ medianMs }) => medianMs))
  const room = WIDTH - LABEL - 90
  const lines = results.map(({ name, engine, medianMs }, index) => {
    const y = top + 28 + index * (BAR + GAP)
    const width = Math.max(1, (medianMs / longest) * room)
    return [
      `<text x="${LABEL - 8}" y="${y + 13}" text-anchor="end">${escaped(name)}</text>`,
      `<rect x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" fill="${FILL[engine]}"/>`,
      `<text x="${(LABEL + width + 6).toFixed(1)}" y="${y + 13}">${Math.round(medianMs)} ms</text>`,
    ].join('')
  })
  const title = `<text x="8" y="${top + 16}" font-weight="bold">${escaped(TITLES[workload])}</text>`
  return { svg: [title, ...lines].join('\n'), height: 28 + results.length * (BAR + GAP) + 16 }
}

/** Medians as horizontal bars, one group a workload; shorter is faster. */
export function plot(report: Report): string {
  let top = 8
  const groups = report.workloads.map((workload) => {
    const { svg, height } = bars(workload, top)
    top += height
    return svg
  })
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${top}" viewBox="0 0 ${WIDTH} ${top}" font-family="sans-serif" font-size="13">`
  const back = `<rect width="${WIDTH}" height="${top}" fill="white"/>`
  return [head, back, ...groups, '</svg>', ''].join('\n')
}
