import { readFileSync } from 'node:fs'

/**
 * The most memory this process held. Linux counts `VmHWM` from the start of the program, while
 * `maxRSS` begins with what the parent held.
 */
export function peakRssBytes(): number {
  if (process.platform === 'linux') {
    const match = readFileSync('/proc/self/status', 'utf8').match(/^VmHWM:\s+(\d+) kB$/m)
    if (match !== null) return Number(match[1]) * 1024
  }
  return process.resourceUsage().maxRSS * 1024
}
