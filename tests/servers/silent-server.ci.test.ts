// Guards: metadata-stores/postgres/*.ts, metadata-stores/redis/*.ts

import assert from 'node:assert/strict'
import { isNexusError, type NexusError, type NexusFS } from 'nexusfs'
import { TcpProxy } from 'nexusfs/testing'
import { describe, it } from 'vitest'
import { CommitWatch } from './commit-watch.ts'
import { type ServerKind, serverFixture, sharedServer } from './server-fixtures.ts'

const servers = [['postgres', await sharedServer('postgres')] as const, ['redis', await sharedServer('redis')] as const]
/** Milliseconds after which a store gives up a call, and for which a lost reply is looked after. */
const callMs = 2000
const lookMs = 30_000
/** What a busy machine adds. */
const slackMs = 500
;('pending until a call to a silent PostgreSQL server always ends by its deadline: in about one run of four it never does')

const reads: Readonly<Record<string, (fs: NexusFS) => Promise<unknown>>> = {
  exists: (fs) => fs.exists('/d/a'),
  stat: (fs) => fs.stat('/d/a'),
  read: (fs) => fs.read('/d/a'),
  list: (fs) => Array.fromAsync(fs.list('/d')),
}

for (const [kind, server] of servers) {
  describe.skipIf(server === undefined).concurrent(`a server that says nothing any more, on local-${kind}`, () => {
    it('ends every call by its deadline, and is used again when it speaks', () => withProxy(kind, server?.url ?? '', endAndGoOn))
    it('keeps no store from closing', () => withProxy(kind, server?.url ?? '', closeInSilence))
    it('ends a write whose reply it swallowed, and says that nobody knows', () => withProxy(kind, server?.url ?? '', loseAReply))
  })
}

interface Proxied {
  readonly proxy: TcpProxy
  readonly fs: NexusFS
  /** Called once, just before the next commit is sent. */
  beforeCommit(action: () => void): void
}

async function withProxy(kind: ServerKind, url: string, work: (proxied: Proxied) => Promise<void>): Promise<void> {
  const { hostname, port } = new URL(url)
  const proxy = await TcpProxy.listen({ host: hostname, port: Number(port) })
  let onCommit: (() => void) | undefined
  try {
    await using fixture = await serverFixture(kind, url)
    const fs = await fixture.open({
      through: proxy,
      postgres: { timeouts: { call: callMs, connect: callMs } },
      redisTimeouts: { call: callMs, connect: callMs },
      overMetadata: (store) =>
        new CommitWatch(store, () => {
          onCommit?.()
          onCommit = undefined
        }),
    })
    const beforeCommit = (action: () => void): void => {
      onCommit = action
    }
    await work({ proxy, fs, beforeCommit })
  } finally {
    await proxy.close()
  }
}

async function endAndGoOn({ proxy, fs }: Proxied): Promise<void> {
  await fs.write('/d/a', 'before')
  proxy.fallSilent()
  const cancelled = (): Promise<unknown> => fs.write('/d/b', 'x', { signal: AbortSignal.timeout(500) })
  await Promise.all([
    ...Object.entries(reads).map(([name, call]) => assertEnds(name, () => call(fs), callMs, ['Timeout', 'Unavailable'])),
    assertEnds('write with a signal', cancelled, 500, ['Aborted']),
  ])
  proxy.speak()
  await fs.write('/d/d', 'after')
  assert.deepEqual([await fs.readText('/d/a'), await fs.readText('/d/d')], ['before', 'after'])
  assert.equal(await fs.exists('/d/b'), false)
}

async function closeInSilence({ proxy, fs }: Proxied): Promise<void> {
  await fs.write('/d/a', 'before')
  proxy.fallSilent()
  const began = performance.now()
  await fs.close()
  const took = performance.now() - began
  assert.ok(took < callMs + 4 * slackMs, `closing took ${took.toFixed(0)} ms`)
}

async function loseAReply({ proxy, fs, beforeCommit }: Proxied): Promise<void> {
  await fs.write('/d/a', 'before')
  const lose = (): Promise<NexusError> => {
    beforeCommit(() => proxy.fallSilent())
    return assertEnds('write', () => fs.write('/d/b', 'x'), callMs + lookMs + callMs, ['Unavailable', 'Timeout'])
  }
  let error = await lose()
  // Where no connection was free, the silence began before the commit was sent: that is known, and not what is looked for.
  for (let tries = 0; error.outcome === 'none' && tries < 5; tries++) {
    proxy.speak()
    error = await lose()
  }
  assert.deepEqual([error.code, error.outcome], ['Unavailable', 'unknown'])
  proxy.speak()
  await fs.write('/d/a', 'after')
  assert.equal(await fs.readText('/d/a'), 'after')
}

async function assertEnds(
  name: string,
  call: () => Promise<unknown>,
  deadlineMs: number,
  codes: readonly string[],
): Promise<NexusError> {
  const began = performance.now()
  const error: unknown = await call().then(
    () => assert.fail(`${name} succeeded`),
    (cause: unknown) => cause,
  )
  const took = performance.now() - began
  if (!isNexusError(error)) throw error
  assert.ok(codes.includes(error.code), `${name}: ${error.code} ${error.message}`)
  assert.ok(took <= 1.1 * deadlineMs + slackMs, `${name} took ${took.toFixed(0)} ms, its deadline is ${deadlineMs} ms`)
  return error
}
