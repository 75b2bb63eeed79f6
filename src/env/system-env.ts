import { Aborted } from '../errors.js'
import { defaultLimits, type Env, type EnvOverrides, withLimits } from './env.js'

/** The real world: system clock, Web Crypto randomness, timers. */
export function systemEnv(overrides: EnvOverrides = {}): Env {
  return Object.freeze({
    nowMs: overrides.nowMs ?? (() => Date.now()),
    monotonicMs: overrides.monotonicMs ?? (() => performance.now()),
    randomBytes:
      overrides.randomBytes ??
      ((length: number) => globalThis.crypto.getRandomValues(new Uint8Array(length))),
    sleep: overrides.sleep ?? systemSleep,
    limits: withLimits(defaultLimits, overrides.limits),
  })
}

function systemSleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(abortedBy(signal))
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(abortedBy(signal))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

function abortedBy(signal: AbortSignal | undefined): Aborted {
  return new Aborted('the operation was aborted by its signal', { cause: signal?.reason })
}

/** Throws `Aborted` when the signal has fired. Call between awaits. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortedBy(signal)
}
