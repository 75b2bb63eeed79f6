import { joinLocation } from '../store/location.js'
import { assert } from '../util/assert.js'
import { encodeUtf8 } from '../util/utf8.js'
import type { StoreUnderTest } from './store-under-test.js'

const A = encodeUtf8('first')

/** Of a store that has `findByPrefix`; every other one passes. */
export async function findsByPrefix({ store, root }: StoreUnderTest): Promise<void> {
  if (store.findByPrefix === undefined) return
  const names = ['v4.json', 'v4.gz.json', 'v40.json', 'v5.json']
  for (const name of names) await store.create(joinLocation(root, 'm', name), A)
  const find = async (start: string): Promise<string> => {
    const found = await store.findByPrefix?.(joinLocation(root, 'm', start))
    return [...(found ?? [])].sort().join()
  }
  const both = ['v4.gz.json', 'v4.json'].map((name) => joinLocation(root, 'm', name)).join()
  assert((await find('v4.')) === both, `those that begin so are ${both}`)
  assert((await find('v6.')) === '', 'of none there is none')
  await store.delete(joinLocation(root, 'm', 'v4.json'))
  assert((await find('v4.')) === joinLocation(root, 'm', 'v4.gz.json'), 'it is as fresh as head')
}
