import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { portableSha256, sha256Hex } from '../../../src/util/sha256.js'

test('SHA-256 agrees with the platform around every block boundary', () => {
  for (const length of [
    0, 1, 3, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 1000, 70_001,
  ]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 131 + length) & 0xff)
    expect(sha256Hex(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'))
    expect(portableSha256(bytes)).toBe(sha256Hex(bytes))
    const shifted = new Uint8Array(length + 5)
    shifted.set(bytes, 5)
    expect(sha256Hex(shifted.subarray(5))).toBe(sha256Hex(bytes))
  }
})
