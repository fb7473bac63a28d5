// Guards: fs/commit/*.ts, metadata-stores/postgres/*.ts, metadata-stores/redis/*.ts

import assert from 'node:assert/strict'
import type { MetadataStore } from 'nexusfs'
import { describe, it } from 'vitest'
import { drop, fixtureUrl, openStore, sharedServer } from './server-fixtures.ts'

// A call may take far less than the storm does: who only waits for others is not too late.

const storms = [
  { kind: 'postgres', server: await sharedServer('postgres'), calls: 30_000 },
  { kind: 'redis', server: await sharedServer('redis'), calls: 60_000 },
] as const

interface Storm {
  readonly tookMs: number
  readonly failures: readonly unknown[]
  /** The longest time in which the event loop did nothing else, from the turn after the calls on. */
  readonly stopMs: number
}

/** So many calls in one turn. */
async function storm(calls: number, call: (n: number) => Promise<unknown>): Promise<Storm> {
  const began = performance.now()
  const all = Array.from({ length: calls }, (_, n) => call(n))
  const loop = watchLoop()
  const results = await Promise.allSettled(all)
  const failures = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason)
  return { tookMs: performance.now() - began, failures, stopMs: loop.end() }
}

function watchLoop(): { end(): number } {
  let longest = 0
  let isOver = false
  let last = performance.now()
  const look = (): void => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    if (!isOver) setImmediate(look)
  }
  setImmediate(() => {
    last = performance.now()
    look()
  })
  return {
    end: () => {
      isOver = true
      return longest
    },
  }
}

function assertServed(what: string, { tookMs, failures, stopMs }: Storm, callMs: number): void {
  console.log(
    `${what}: ${tookMs.toFixed(0)} ms, a call may take ${callMs.toFixed(0)}, the loop stopped for ${stopMs.toFixed(0)} ms`,
  )
  assert.deepEqual(failures.slice(0, 2), [])
  assert.ok(tookMs > callMs, 'nobody waited longer than a call may take')
}

for (const { kind, server, calls } of storms) {
  describe.skipIf(server === undefined)(`${calls} calls at once on ${kind}`, () => {
    const work: Readonly<Record<string, (store: MetadataStore, n: number) => Promise<unknown>>> = {
      commits: put,
      reads: (store, n) => store.read({ get: [keyOf(n)] }),
    }
    for (const [what, call] of Object.entries(work)) {
      it(`that are ${what} are all served, though they wait far longer than a call may take`, async () => {
        const url = fixtureUrl(kind, server?.url ?? '')
        const stormOf = async (callMs: number): Promise<Storm> => {
          const limits = { postgres: { timeouts: { call: callMs } }, redisTimeouts: { call: callMs, connect: 10_000 } }
          const store = await openStore({ kind, url }, limits)
          try {
            return await storm(calls, (n) => call(store, n))
          } finally {
            await store.close()
          }
        }
        try {
          // How long it takes is a matter of the machine.
          const unhurried = await stormOf(60_000)
          const callMs = Math.max(100, Math.round(unhurried.tookMs / 3))
          assertServed(`${kind}, ${what}`, await stormOf(callMs), callMs)
        } finally {
          await drop(kind, url)
        }
      })
    }
  })
}

function keyOf(n: number): { readonly group: Uint8Array; readonly item: Uint8Array } {
  return { group: Buffer.from('g'), item: Buffer.from(String(n)) }
}

function put(store: MetadataStore, n: number): Promise<unknown> {
  return store.commit([{ expect: [], writes: [{ kind: 'put', key: keyOf(n), value: new Uint8Array(200) }] }])
}
