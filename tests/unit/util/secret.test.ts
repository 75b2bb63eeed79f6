import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { Secret, shownLocation } from '../../../src/util/secret.js'

test('a secret is seen by nobody but who asks for it', () => {
  const secret = new Secret('hunter2')
  const holder = { key: secret, list: [secret], map: new Map([['k', secret]]) }
  const shown = [
    `${secret}`,
    String(secret),
    JSON.stringify(holder),
    inspect(holder, { depth: null, showHidden: true }),
    inspect(new Error('x', { cause: holder }), { depth: null, showHidden: true }),
    Object.prototype.toString.call(secret),
    Object.keys(secret).join(),
  ].join('\n')
  expect(shown).not.toContain('hunter2')
  expect(shown).toContain('[secret]')
  expect(secret.expose()).toBe('hunter2')
  expect(Secret.of('a').expose()).toBe('a')
  expect(Secret.of(secret)).toBe(secret)
})

describe('locations as they are shown', () => {
  test.each([
    ['s3://key:hunter2@bucket/x', 's3://…@bucket/x'],
    ['https://user@host/x', 'https://…@host/x'],
    ['https://host/x?X-Amz-Signature=hunter2&a=b', 'https://host/x?…'],
    ['https://host/x#hunter2', 'https://host/x?…'],
    ['https://a:b@host/x?y', 'https://…@host/x?…'],
    [
      'abfss://container@account.dfs.core.windows.net/x',
      'abfss://container@account.dfs.core.windows.net/x',
    ],
    ['abfss://c@a/x?sig=hunter2', 'abfss://c@a/x?…'],
    ['/local/why?.parquet', '/local/why?.parquet'],
    ['file:/local/a@b?', 'file:/local/a@b?'],
  ])('%s', (text, shown) => {
    expect(shownLocation(text)).toBe(shown)
  })

  test('long ones are cut', () => {
    expect(shownLocation('x'.repeat(301))).toBe(`${'x'.repeat(300)}…`)
    expect(shownLocation('abcdef', 3)).toBe('abc…')
  })
})
