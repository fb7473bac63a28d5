import { setTimeout as sleep } from 'node:timers/promises'
import { NexusError } from '../core/errors.ts'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import { InterceptedBackend } from './intercepted-backend.ts'
import { InterceptedStore } from './intercepted-store.ts'
import type { Interceptor } from './port-call.ts'

/** Milliseconds that every call waits before it is made, as over a slow network: fixed, or drawn anew for each call. */
export type Latency = number | (() => number)

/** A metadata store that is as far away as you like. */
export class DelayedStore extends InterceptedStore {
  constructor(inner: MetadataStore, latency: Latency) {
    super(inner, delaying('metadata', latency))
  }
}

/** A storage backend that is as far away as you like; a stream waits before its first piece. */
export class DelayedBackend extends InterceptedBackend {
  constructor(inner: StorageBackend, latency: Latency) {
    super(inner, delaying('storage', latency))
  }
}

function delaying(port: 'metadata' | 'storage', latency: Latency): Interceptor {
  return async (call) => {
    const ms = typeof latency === 'number' ? latency : latency()
    try {
      await sleep(ms, undefined, { signal: call.signal })
    } catch (cause) {
      const operation = `${port}.${call.method}`
      throw new NexusError('Aborted', `${operation}: cancelled by the caller`, { operation, outcome: 'none', cause })
    }
    return call.run()
  }
}
