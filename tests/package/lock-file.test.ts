import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

interface Locked {
  readonly version?: string
  readonly resolved?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>
}
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly devDependencies: Readonly<Record<string, string>>
}

it('names no download addresses', () => {
  const addressed = Object.entries(lock.packages).filter(([, { resolved }]) =>
    resolved?.startsWith('http'),
  )
  expect(addressed).toEqual([])
})

// An install on a machine that cannot reach a package for another platform drops it from the file,
// and then `npm ci` refuses the file everywhere.
it('has the packages of every platform', () => {
  const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies }]) =>
    path === ''
      ? []
      : Object.keys(optionalDependencies ?? {}).filter(
          (name) =>
            !(
              `node_modules/${name}` in lock.packages ||
              `${path}/node_modules/${name}` in lock.packages
            ),
        ),
  )
  expect(missing).toEqual([])
})

it('pins development tools', () => {
  const ranges = Object.entries(manifest.devDependencies).filter(
    ([, version]) => !/^\d/.test(version),
  )
  expect(ranges).toEqual([])
})
