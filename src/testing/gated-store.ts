import { eventLoopTurn } from '../env/seeded-env.js'
import type { StoreOperation } from '../store/observe.js'
import type { Store } from '../store/store.js'

/** A call that waits for its turn. */
export interface WaitingCall {
  readonly actor: string
  readonly operation: StoreOperation
  readonly path: string
  /** Lets it happen. */
  release(): void
}

export interface Gate {
  /** One actor's view of the store. */
  storeFor(actor: string): Store
  /** Calls that wait, in a fixed order, once nothing else can run. */
  waiting(): Promise<readonly WaitingCall[]>
}

/**
 * Holds calls back until they are released one by one: every interleaving of several actors can be
 * played. Calls on paths that `contended` refuses pass at once (names that nobody else uses commute).
 */
export function gatedStore(
  store: Store,
  contended: (operation: StoreOperation, path: string) => boolean = () => true,
): Gate {
  const held: WaitingCall[] = []
  const turn = (actor: string, operation: StoreOperation, path: string): Promise<void> => {
    if (!contended(operation, path)) return Promise.resolve()
    return new Promise((resolve) => {
      const call: WaitingCall = {
        actor,
        operation,
        path,
        release: () => {
          held.splice(held.indexOf(call), 1)
          resolve()
        },
      }
      held.push(call)
    })
  }
  return {
    storeFor: (actor) => ({
      head: async (path, options) => {
        await turn(actor, 'head', path)
        return store.head(path, options)
      },
      read: async (path, range, options) => {
        await turn(actor, 'read', path)
        return store.read(path, range, options)
      },
      list: async function* (folder, options) {
        await turn(actor, 'list', folder)
        yield* store.list(folder, options)
      },
      create: async (path, bytes) => {
        await turn(actor, 'create', path)
        return store.create(path, bytes)
      },
      put: async (path, bytes) => {
        await turn(actor, 'put', path)
        return store.put(path, bytes)
      },
      delete: async (path) => {
        await turn(actor, 'delete', path)
        return store.delete(path)
      },
      writer: async (path, options) => {
        await turn(actor, 'writer', path)
        return store.writer(path, options)
      },
    }),
    waiting: async () => {
      await eventLoopTurn()
      return [...held].sort((a, b) => compareText(a.actor, b.actor) || compareText(a.path, b.path))
    },
  }
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
