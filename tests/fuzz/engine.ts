/** Mutations of bytes that one seed decides. */
import { seededEnv } from '../../src/env/seeded-env.js'

/** Values that lengths, counts and offsets go wrong with. */
const NASTY = [0, 1, 0x7f, 0x80, 0xff, 0xfe, 0x40, 0x3f, 0x22, 0x5c, 0x7b, 0x2f]
const WORDS = [
  '__proto__',
  'constructor',
  '../',
  '%2e%2e%2f',
  '9223372036854775808',
  '-1',
  '1e999',
  '\u0000',
  '\ud800',
  '((((((((((((((((',
  '[[[[[[[[[[[[[[[[',
  '{"a":',
  'null',
  '\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01',
]

export interface Random {
  int(n: number): number
}

export function randomOf(seed: number): Random {
  return seededEnv(seed)
}

/** One to four changes; sometimes parts of another sample are spliced in. */
export function mutate(random: Random, samples: readonly Uint8Array[]): Uint8Array {
  let bytes: Uint8Array = samples[random.int(samples.length)] ?? new Uint8Array(0)
  for (let left = 1 + random.int(4); left > 0; left--) bytes = once(random, bytes, samples)
  return bytes
}

function once(random: Random, bytes: Uint8Array, samples: readonly Uint8Array[]): Uint8Array {
  const at = random.int(bytes.length + 1)
  const to = Math.min(bytes.length, at + 1 + random.int(16))
  const copy = bytes.slice()
  switch (random.int(9)) {
    case 0:
      if (at < copy.length) copy[at] = (copy[at] as number) ^ (1 << random.int(8))
      return copy
    case 1:
      if (at < copy.length) copy[at] = NASTY[random.int(NASTY.length)] as number
      return copy
    case 2:
      copy.fill(NASTY[random.int(NASTY.length)] as number, at, to)
      return copy
    case 3:
      return bytes.slice(0, at)
    case 4:
      return splice(bytes, at, to, new Uint8Array(0))
    case 5:
      return splice(bytes, at, at, bytes.subarray(at, to))
    case 6: {
      const word = WORDS[random.int(WORDS.length)] as string
      return splice(bytes, at, random.int(2) === 0 ? at : to, Buffer.from(word, 'utf8'))
    }
    case 7: {
      const other = samples[random.int(samples.length)] as Uint8Array
      const from = random.int(other.length + 1)
      return splice(bytes, at, to, other.subarray(from, from + random.int(64)))
    }
    default:
      return Uint8Array.from({ length: random.int(64) }, () => random.int(256))
  }
}

function splice(bytes: Uint8Array, from: number, to: number, put: Uint8Array): Uint8Array {
  const out = new Uint8Array(from + put.length + bytes.length - to)
  out.set(bytes.subarray(0, from))
  out.set(put, from)
  out.set(bytes.subarray(to), from + put.length)
  return out
}
