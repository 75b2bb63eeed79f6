import { expect, test } from 'vitest'
import { StoreUnavailable } from '../../../src/errors.js'
import { PartedWriter, type Upload } from '../../../src/store/parted-writer.js'

/** An upload in parts of four bytes, and what became of it. */
function upload(): { readonly upload: Upload; readonly done: string[] } {
  const done: string[] = []
  const answer = { status: 200, headers: new Headers(), body: new Uint8Array(0) }
  return {
    done,
    upload: {
      path: 's3://b/x',
      partsInFlight: 1,
      maxAttempts: 1,
      partBytes: () => 4,
      sendWhole: async (bytes) => {
        done.push(`whole ${bytes.length}`)
        return answer
      },
      sendPart: async (index, bytes) => {
        done.push(`part ${index} of ${bytes.length}`)
      },
      complete: async () => {
        done.push('complete')
        return answer
      },
      published: () => 'done',
      isOurs: async () => false,
      failure: () => new StoreUnavailable('failed'),
      drop: async () => {
        done.push('dropped')
      },
      pause: async () => undefined,
    },
  }
}

test('an object that ends with a part has no empty one after it', async () => {
  const { upload: sent, done } = upload()
  const writer = new PartedWriter(sent, undefined)
  await writer.write(new Uint8Array(4))
  await writer.write(new Uint8Array(4))
  expect((await writer.close()).sizeBytes).toBe(8)
  expect(done).toEqual(['part 0 of 4', 'part 1 of 4', 'complete'])
})

test('a writer that was closed takes nothing more, and what it wrote stays', async () => {
  const { upload: sent, done } = upload()
  const writer = new PartedWriter(sent, undefined)
  await writer.write(new Uint8Array(5))
  await writer.close()
  await expect(writer.write(new Uint8Array(1))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  await expect(writer.close()).rejects.toThrow('was closed')
  expect(done).toEqual(['part 0 of 5', 'complete'])
})
