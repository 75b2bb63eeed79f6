import { expect, test } from 'vitest'
import { NotFound } from '../../../src/errors.js'
import { valueOr } from '../../../src/util/value-or.js'

test('a value, a typed refusal, and an error of another kind', () => {
  const refuse = (error: Error) => () => {
    throw error
  }
  expect(valueOr(() => 1, String)).toBe(1)
  expect(valueOr(refuse(new NotFound('file', 'gone')), (error) => error.code)).toBe('NOT_FOUND')
  expect(() => valueOr(refuse(new RangeError('no')), String)).toThrow(RangeError)
})
