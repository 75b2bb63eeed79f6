/** Imports every subpath of the installed package; each must have named exports and no default. */
import { readFileSync } from 'node:fs'

const subpaths = JSON.parse(readFileSync(new URL('subpaths.json', import.meta.url), 'utf8'))
for (const subpath of subpaths) {
  const names = Object.keys(await import(subpath))
  if (names.length === 0) throw new Error(`${subpath} exports nothing`)
  if (names.includes('default')) throw new Error(`${subpath} has a default export`)
}
console.log(`${process.version}: ${subpaths.join(', ')}`)
