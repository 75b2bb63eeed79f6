import { describe, expect, test } from 'vitest'
import { defaultLimits } from '../../../src/env/limits.js'
import { InvalidArgument, LimitExceeded, LocationDenied } from '../../../src/errors.js'
import { confine } from '../../../src/store/confine.js'
import {
  baseName,
  canonicalLocation,
  isUnder,
  joinLocation,
  parentOf,
  parseLocation,
  parseRecorded,
  relativeSegments,
  sameLocation,
} from '../../../src/store/location.js'

import { memoryStore } from '../../../src/store/memory.js'

describe('spellings of one place', () => {
  test.each([
    ['/wh/ns/t', 'file:/wh/ns/t'],
    ['/wh/ns/t', 'file:///wh/ns/t'],
    ['/wh/ns/t', '/wh/ns/t/'],
    ['/wh//ns/t', '/wh/ns/t'],
    ['FILE:/wh', '/wh'],
    ['memory:', 'memory:/'],
    ['s3a://bucket/a', 's3://bucket/a'],
    ['s3n://bucket/a/', 's3://bucket/a'],
    ['abfss://c@acc.dfs.core.windows.net/a', 'abfs://c@acc.dfs.core.windows.net/a'],
  ])('%s is %s', (a, b) => {
    expect(sameLocation(parseLocation(a), parseLocation(b))).toBe(true)
    expect(canonicalLocation(parseLocation(a))).toBe(canonicalLocation(parseLocation(b)))
  })

  test.each([
    ['/wh/t', '/wh/t2'],
    ['/wh/t', 'memory:/wh/t'],
    ['s3://a/t', 's3://b/t'],
    ['s3://a/t', 'gs://a/t'],
    ['s3://a/t', 's3://a//t'],
    ['s3://a/T', 's3://a/t'],
    ['/wh/a%2Fb=c', '/wh/a/b=c'],
  ])('%s is not %s', (a, b) => {
    expect(sameLocation(parseLocation(a), parseLocation(b))).toBe(false)
  })
})

describe('containment is by segment', () => {
  test.each([
    ['/wh/t/data/a', '/wh/t', true],
    ['/wh/t', '/wh/t', true],
    ['/wh/t2/a', '/wh/t', false],
    ['/wh', '/wh/t', false],
    ['file:/wh/t/a', '/wh', true],
    ['s3://b/wh/t', 's3://b', true],
    ['s3://b2/wh/t', 's3://b', false],
  ])('%s under %s: %s', (location, root, expected) => {
    expect(isUnder(parseLocation(location), parseLocation(root))).toBe(expected)
  })

  test('the rest is given by segment', () => {
    const rest = relativeSegments(parseLocation('/a/b/c/d'), parseLocation('file:///a/b/'))
    expect(rest).toEqual(['c', 'd'])
  })
})

describe('hostile locations are refused', () => {
  test.each([
    '/wh/../etc/passwd',
    '/wh/t/..',
    '/wh/./t',
    'file:///wh/%2e%2e/etc',
    'file:///wh/%2E./etc',
    '/wh/a%2Fb',
    '/wh/..%2fetc',
    '/wh/a%5cb',
    '/wh/a%00b',
    '/wh/a\0b',
    '/wh/a\nb',
    '/wh/a\u007fb',
    '/wh\\..\\etc',
    'file://host/etc/passwd',
    'file:wh/t',
    's3:/bucket/x',
    's3:///x',
    's3://user:secret@bucket/x',
    's3://user@bucket/x',
    's3://buc%2fket/x',
    's3://../x',
    'c:/windows',
    'C:\\windows',
    'memory://host/x',
    `/wh/${'x'.repeat(400)}/../etc`,
  ])('%j', (text) => {
    expect(() => parseLocation(text)).toThrow(LocationDenied)
  })

  test.each(['', 'wh/t', './wh', '../wh', 'wh:', '1:/x'].filter((text) => text !== 'wh:'))(
    '%j is not absolute',
    (text) => {
      expect(() => parseLocation(text)).toThrow(InvalidArgument)
    },
  )

  test('a secret in a user name is not repeated beyond the text given', () => {
    expect(() => parseLocation('s3://user@bucket/x')).toThrow(/user name/)
  })
})

test('partition folders with encoded values are literal names', () => {
  const location = parseLocation('/wh/t/data/city=a%2Fb/path=..%2F..%2Fetc/x.parquet')
  expect(location.segments).toEqual([
    'wh',
    't',
    'data',
    'city=a%2Fb',
    'path=..%2F..%2Fetc',
    'x.parquet',
  ])
})

test('the length limit counts UTF-8 bytes', () => {
  const max = defaultLimits.pathBytes
  expect(parseLocation(`/${'a'.repeat(max - 1)}`).segments).toHaveLength(1)
  expect(() => parseLocation(`/${'a'.repeat(max)}`)).toThrow(LimitExceeded)
  expect(parseLocation(`/a${'é'.repeat(max / 2 - 1)}`).segments).toHaveLength(1)
  expect(() => parseLocation(`/${'é'.repeat(max / 2)}`)).toThrow(LimitExceeded)
})

test('joining keeps the spelling and refuses bad segments', () => {
  expect(joinLocation('file:///wh/', 'ns', 't')).toBe('file:///wh/ns/t')
  expect(joinLocation('memory:', 'ns')).toBe('memory:/ns')
  expect(() => joinLocation('/wh', '..')).toThrow(LocationDenied)
  expect(() => joinLocation('/wh', '%2e%2e')).toThrow(LocationDenied)
  expect(() => joinLocation('/wh', 'a/b')).toThrow(InvalidArgument)
  expect(() => joinLocation('/wh', '')).toThrow(InvalidArgument)
})

test('last and other segments of a text', () => {
  expect(baseName('/wh/t/v1.metadata.json')).toBe('v1.metadata.json')
  expect(baseName('/wh/t/')).toBe('t')
  expect(parentOf('/wh/t/v1')).toBe('/wh/t')
  expect(parentOf('/wh')).toBe('/')
})

test('locations that metadata holds may be relative: places of their own, under no absolute one', async () => {
  expect(parseRecorded('data/persistent/t')).toMatchObject({ scheme: 'relative', authority: '' })
  expect(parseRecorded('data/persistent/t/').segments).toEqual(['data', 'persistent', 't'])
  expect(isUnder(parseRecorded('data/t/x'), parseRecorded('data/t'))).toBe(true)
  expect(isUnder(parseRecorded('data/t'), parseLocation('/data'))).toBe(false)
  expect(parseRecorded('/data/t')).toEqual(parseLocation('/data/t'))
  for (const bad of ['data/../x', '../x', './x', 'a/%2e%2e/b', 'a\\b']) {
    expect(() => parseRecorded(bad)).toThrow(LocationDenied)
  }
  expect(() => parseRecorded('')).toThrow(InvalidArgument)
  const reads = confine(memoryStore(), { readRoots: ['data/t', 'memory:/wh'], writeRoots: [] })
  await expect(reads.read('data/u/x')).rejects.toThrow(LocationDenied)
})
