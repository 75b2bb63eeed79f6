import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hmacSha256 } from '../../../src/util/hmac.js'
import { md5Base64, md5Hex, portableMd5 } from '../../../src/util/md5.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'

test('the examples of RFC 1321', () => {
  const hex = (text: string) => portableMd5(encodeUtf8(text))
  expect(hex('')).toBe('d41d8cd98f00b204e9800998ecf8427e')
  expect(hex('abc')).toBe('900150983cd24fb0d6963f7d28e17f72')
  expect(hex('1234567890'.repeat(8))).toBe('57edf4a22be3c955ac49da2e2107b67a')
})

test('MD5 is that of node:crypto, with and without the platform, wherever the bytes lie', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(3), (bytes, from) => {
      const view = bytes.subarray(Math.min(from, bytes.length))
      const hex = createHash('md5').update(view).digest('hex')
      expect(portableMd5(view)).toBe(hex)
      expect(md5Hex(view)).toBe(hex)
      expect(md5Base64(view)).toBe(Buffer.from(hex, 'hex').toString('base64'))
    }),
  )
})

test('an HMAC is that of node:crypto, for keys of any length', () => {
  const bytes = fc.uint8Array({ maxLength: 150 })
  fc.assert(
    fc.property(bytes, bytes, (key, message) => {
      const own = Buffer.from(hmacSha256(key, message)).toString('hex')
      expect(own).toBe(createHmac('sha256', key).update(message).digest('hex'))
    }),
  )
})
