import assert from 'node:assert/strict'
import { Redis } from 'ioredis'
import { afterAll, describe, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import type { Commit } from '../../metadata/metadata-store.ts'
import { failure, key, mustPut, mustStart, put, startServer, stopServers, textOf } from './redis-server.test-fixture.ts'
import { RedisStore } from './redis-store.ts'

const server = await startServer({ appendfsync: 'always' })
const url = server?.url() ?? ''

afterAll(stopServers)

describe.skipIf(server === undefined)('RedisStore keeps its promises on a real server', () => {
  it('runs every call as one script: MONITOR shows no KEYS, SCAN, HGETALL, and no command of the client but EVALSHA', async () => {
    const store = await RedisStore.open({ url, prefix: 'monitored:' })
    await mustPut(store, 'warm')
    await store.read({})
    await store.horizon()
    const seen = await monitored(async () => {
      await Promise.all(Array.from({ length: 20 }, (_, i) => put(store, `a${i}`, 'x', [{ kind: 'absent', key: key(`a${i}`) }])))
      await store.read({ get: [key('a1')], scan: [{ group: utf8('g'), limit: 10 }] })
      await store.horizon()
    })
    const commands = new Set(seen.map(({ name }) => name))
    for (const name of ['keys', 'scan', 'hgetall', 'zscan', 'hscan', 'sscan']) assert.ok(!commands.has(name), name)
    const sent = seen.filter(({ isScripted }) => !isScripted).map(({ name }) => name)
    assert.deepEqual([...new Set(sent)], ['evalsha'])
    assert.ok(sent.length <= 4, `20 concurrent commits, a read and a horizon took ${sent.length} calls`)
    assert.ok(seen.some(({ name, isScripted }) => isScripted && name === 'zadd'))
    await store.close()
  })

  it('commits that travel together are written with few commands', async () => {
    const store = await RedisStore.open({ url, prefix: 'together:' })
    await mustPut(store, 'warm')
    const items = Array.from({ length: 40 }, (_, i) => `a${i}`)
    const seen = await monitored(async () => {
      await store.commit(
        items.map((item) => ({
          expect: [{ kind: 'absent', key: key(item) }],
          writes: [{ kind: 'put', key: key(item), value: utf8(item) }],
        })),
      )
    })
    const scripted = seen.filter(({ isScripted }) => isScripted).map(({ name }) => name)
    assert.deepEqual(scripted, ['hmget', 'exists', 'hset', 'zadd', 'mset', 'hincrby', 'publish'])
    for (const item of items) assert.equal(await textOf(store, item), item)
    await store.close()
  })

  it('of writes of one key that travel together the last one stays, and its index agrees', async () => {
    const store = await RedisStore.open({ url, prefix: 'last:' })
    await mustPut(store, 'old')
    const write = (item: string, value: string) => ({
      expect: [],
      writes: [{ kind: 'put' as const, key: key(item), value: utf8(value) }],
    })
    const remove = (item: string) => ({ expect: [], writes: [{ kind: 'delete' as const, key: key(item) }] })
    await store.commit([
      ...[write('a', '1'), remove('a'), write('a', '2')],
      ...[write('gone', '1'), remove('gone')],
      ...[remove('old'), write('old', 'x'.repeat(600)), write('long', 'y'.repeat(600))],
    ])
    const { scan } = await store.read({ scan: [{ group: utf8('g'), limit: 10 }] })
    const found = scan[0]?.entries.map(({ key: { item }, value, revision }) => `${revision} ${Buffer.from(item)} ${value.length}`)
    assert.deepEqual(found, ['4 a 1', '9 long 600', '8 old 600'])
    assert.equal(await server?.command('HGET', 'last:state', 'entries'), '3')
    await store.close()
  })

  it('a script flushed from the server is sent again', async () => {
    const store = await RedisStore.open({ url, prefix: 'flushed:' })
    await mustPut(store, 'a', 'one')
    await server?.command('SCRIPT', 'FLUSH')
    assert.equal(await mustPut(store, 'a', 'two'), 2)
    await server?.command('SCRIPT', 'FLUSH')
    assert.equal(await textOf(store, 'a'), 'two')
    await store.close()
  })

  it('loses no acknowledged write when the server is killed and restarted', async () => {
    const own = await mustStart({ appendfsync: 'always' })
    const store = await RedisStore.open({ url: own.url() })
    const acknowledged = new Map<string, number>()
    let isOver = false
    let unknown = 0
    const writer = async (name: number): Promise<void> => {
      for (let i = 0; !isOver; i++) {
        const item = `${name}-${i}`
        try {
          acknowledged.set(item, await mustPut(store, item))
        } catch {
          unknown += 1
        }
      }
    }
    const writers = Array.from({ length: 8 }, (_, name) => writer(name))
    for (let kill = 0; kill < 3; kill++) {
      await new Promise((resolve) => setTimeout(resolve, 200))
      await own.own.crash()
      await own.own.restart()
    }
    isOver = true
    await Promise.all(writers)
    const items = [...acknowledged.keys()]
    const lost: string[] = []
    for (let start = 0; start < items.length; start += 5_000) {
      const page = items.slice(start, start + 5_000)
      const { get } = await store.read({ get: page.map((item) => key(item)) })
      lost.push(...page.filter((item, i) => get[i]?.revision !== acknowledged.get(item)))
    }
    console.log(`kill -9 three times: ${items.length} acknowledged, ${lost.length} lost, ${unknown} calls failed`)
    assert.ok(items.length > 100)
    assert.deepEqual(lost, [])
    assert.equal(new Set(acknowledged.values()).size, items.length, 'every revision was issued once')
    await store.close()
  })

  it('a commit of 10,000 writes is applied as a whole, beside small ones that do not wait for long', async () => {
    const store = await RedisStore.open({ url, prefix: 'large:' })
    const other = await RedisStore.open({ url, prefix: 'large:' })
    const writes = Array.from({ length: 10_000 }, (_, i) => ({ kind: 'put' as const, key: key(`big-${i}`), value: utf8('x') }))
    let isOver = false
    const large = store.commit([{ expect: [], writes }]).finally(() => {
      isOver = true
    })
    let slowest = 0
    const seen = new Set<number>()
    while (!isOver) {
      const began = performance.now()
      await mustPut(other, 'small')
      const { get } = await other.read({ get: [key('big-0'), key('big-5000'), key('big-9999')] })
      slowest = Math.max(slowest, performance.now() - began)
      seen.add(get.filter((entry) => entry !== undefined).length)
    }
    await large
    console.log(`slowest small commit and read beside one of 10,000 writes: ${slowest.toFixed(1)} ms`)
    assert.ok([...seen].every((count) => count === 0 || count === 3))
    assert.ok(slowest < 2_000)
    await Promise.all([store.close(), other.close()])
  })

  it('a large commit that conflicts in its last expectation writes nothing', async () => {
    const store = await RedisStore.open({ url, prefix: 'conflict:' })
    await mustPut(store, 'there')
    const commit: Commit = {
      expect: [
        ...Array.from({ length: 1_000 }, (_, i) => ({ kind: 'absent' as const, key: key(`${i}`) })),
        { kind: 'absent', key: key('there') },
      ],
      writes: Array.from({ length: 1_000 }, (_, i) => ({ kind: 'put' as const, key: key(`${i}`), value: utf8('') })),
    }
    assert.deepEqual(await store.commit([commit]), [{ status: 'conflict', expectation: 1_000, found: 1 }])
    assert.equal(await store.horizon(), 1)
    const { scan } = await store.read({ scan: [{ group: utf8('g'), limit: 10 }] })
    assert.equal(scan[0]?.entries.length, 1)
    await store.close()
  })

  it('50 concurrent commits of one turn travel in few scripts, each with its own result', async () => {
    const store = await RedisStore.open({ url, prefix: 'group:' })
    await mustPut(store, 'warm')
    const seen = await monitored(async () => {
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, i) => put(store, `${i % 25}`, '', [{ kind: 'absent', key: key(`${i % 25}`) }])),
      )
      assert.equal(results.filter(({ status }) => status === 'committed').length, 25)
    })
    const scripts = seen.filter(({ isScripted }) => !isScripted)
    assert.ok(scripts.length <= 2, `${scripts.length} scripts`)
    await store.close()
  })

  it('a call with more commits than a script takes gets all its results in order', async () => {
    const store = await RedisStore.open({ url, prefix: 'many:' })
    const commits = Array.from({ length: 1_000 }, (_, i) => ({
      expect: [],
      writes: [{ kind: 'put' as const, key: key(`${i}`), value: utf8('') }],
    }))
    const results = await store.commit(commits)
    const { get } = await store.read({ get: commits.map((_, i) => key(`${i}`)) })
    assert.deepEqual(
      results.map((result) => (result.status === 'committed' ? result.revision : -1)),
      get.map((entry) => entry?.revision),
    )
    await store.close()
  })

  it('a page whose values are large ends early and says that there is more', async () => {
    const store = await RedisStore.open({ url, prefix: 'pages:' })
    const value = new Uint8Array(262_144)
    for (let i = 0; i < 3; i++) {
      const writes = Array.from({ length: 30 }, (_, j) => ({
        kind: 'put' as const,
        key: key(`${i}-${String(j).padStart(2, '0')}`),
        value,
      }))
      await store.commit([{ expect: [], writes }])
    }
    const { scan } = await store.read({ scan: [{ group: utf8('g'), limit: 10_000 }] })
    const [page] = scan
    assert.ok(page?.hasMore === true && page.entries.length > 60 && page.entries.length < 90)
    const last = page.entries.at(-1)?.key.item ?? assert.fail('an empty page')
    const rest = await store.read({ scan: [{ group: utf8('g'), from: new Uint8Array([...last, 0]), limit: 10_000 }] })
    assert.equal(page.entries.length + (rest.scan[0]?.entries.length ?? 0), 90)
    await store.close()
  })
})

describe.skipIf(server === undefined)('RedisStore answers each of many readers for itself', () => {
  it('concurrent reads travel in few scripts, each with its own answer', async () => {
    const store = await RedisStore.open({ url, prefix: 'readers:' })
    for (let i = 0; i < 10; i++) await mustPut(store, String(i), `value ${i}`)
    const seen = await monitored(async () => {
      const texts = await Promise.all(Array.from({ length: 60 }, (_, i) => textOf(store, String(i % 12))))
      const expected = Array.from({ length: 60 }, (_, i) => (i % 12 < 10 ? `value ${i % 12}` : undefined))
      assert.deepEqual(texts, expected)
    })
    assert.ok(seen.filter(({ isScripted }) => !isScripted).length <= 3)
    await store.close()
  })

  it('a read that meets what another program did is Corrupt, and those beside it are not', async () => {
    const store = await RedisStore.open({ url, prefix: 'spoilt:' })
    for (const item of ['a', 'b', 'c']) await mustPut(store, item, item)
    await server?.command('DEL', 'spoilt:e\u0000\u0001gb')
    await server?.command('LPUSH', 'spoilt:e\u0000\u0001gforeign', 'x')
    const outcomes = await Promise.all([
      textOf(store, 'a'),
      failure(() => store.read({ scan: [{ group: utf8('g'), limit: 10 }] })),
      failure(() => textOf(store, 'foreign')),
      textOf(store, 'c'),
    ])
    const shown = outcomes.map((outcome) => (typeof outcome === 'object' ? outcome.code : outcome))
    assert.deepEqual(shown, ['a', 'Corrupt', 'Corrupt', 'c'])
    await store.close()
  })
})

interface SeenCommand {
  readonly name: string
  /** Called by a script rather than by a client. */
  readonly isScripted: boolean
}

/** The commands that the server runs while `work` does. */
async function monitored(work: () => Promise<void>): Promise<readonly SeenCommand[]> {
  const client = new Redis({ port: server?.port ?? 0, host: '127.0.0.1', protocol: 2 })
  const monitor = await client.monitor()
  const seen: SeenCommand[] = []
  monitor.on('monitor', (_time: string, args: readonly string[], source: string) => {
    seen.push({ name: (args[0] ?? '').toLowerCase(), isScripted: source === 'lua' })
  })
  await work()
  await client.echo('end of work')
  while (seen.at(-1)?.name !== 'echo') await new Promise((resolve) => setTimeout(resolve, 5))
  monitor.disconnect()
  client.disconnect()
  return seen.filter(({ name }) => name !== 'echo')
}
