/** Answers of servers without a server: what was asked is kept, what is answered is written down. */
import { vi } from 'vitest'

/** A body of bytes or text, with a status and headers; or the error of a connection. */
export type Canned =
  | { readonly status?: number; readonly body?: string | Uint8Array; readonly headers?: Headed }
  | { readonly error: unknown }
type Headed = Readonly<Record<string, string>>

export interface Asked {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly redirect: string | undefined
}

/** `answer` is told each request and how many went before; `vi.unstubAllGlobals` ends it. */
export function cannedFetch(answer: (asked: Asked, before: number) => Canned): readonly Asked[] {
  const seen: Asked[] = []
  vi.stubGlobal('fetch', async (url: URL, init: RequestInit) => {
    const { method = 'GET', redirect } = init
    const asked = { method, url: new URL(url), headers: new Headers(init.headers), redirect }
    const canned = answer(asked, seen.length)
    seen.push(asked)
    if ('error' in canned) throw canned.error
    const { status = 200, body = '', headers = {} } = canned
    // Browsers show nothing of a redirect: a status of 0, which no `Response` can be made with.
    const made = new Response(EMPTY.has(status) ? null : (body as BodyInit), {
      status: status === 0 ? 200 : status,
      headers,
    })
    return status === 0 ? Object.defineProperty(made, 'status', { value: 0 }) : made
  })
  return seen
}

/** They cannot have a body. */
const EMPTY = new Set([204, 205, 304])
