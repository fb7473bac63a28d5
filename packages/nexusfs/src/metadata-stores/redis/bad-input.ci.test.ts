// Guards: metadata-stores/redis/errors.ts, metadata-stores/redis/options.ts

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { inspect } from 'node:util'
import { afterAll, describe, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import { isNexusError, NexusError } from '../../core/errors.ts'
import {
  failure,
  key,
  mustPut,
  mustStart,
  put,
  refusal,
  startServer,
  stopServers,
  type TestServer,
} from './redis-server.test-fixture.ts'
import { RedisStore } from './redis-store.ts'

const secret = 'hunter2-is-secret'
const server = await startServer()
const url = server?.url() ?? ''

afterAll(stopServers)

describe('RedisStore refuses a bad place before any I/O', () => {
  const bad: readonly (readonly [what: string, options: { readonly url: string; readonly prefix?: string }, says: RegExp])[] = [
    ['another scheme', { url: `http://u:${secret}@localhost` }, /not of the form redis:\/\//],
    ['no URL at all', { url: `${secret} localhost` }, /not of the form/],
    ['a password that is not encoded', { url: `redis://u:${secret}%zz@localhost` }, /percent-encoded/],
    ['an unknown parameter', { url: 'redis://localhost?tls=no' }, /parameter "tls"/],
    ['a database that is no number', { url: 'redis://localhost/main' }, /database number/],
    ['an empty prefix', { url: 'redis://localhost', prefix: '' }, /1 to 64 printable/],
    ['a prefix that is a pattern', { url: 'redis://localhost', prefix: 'a*' }, /without space/],
  ]
  for (const [what, options, says] of bad) {
    it(`${what} is InvalidConfig, without the secret`, async () => {
      const error = await refusal(options)
      assert.equal(error.code, 'InvalidConfig')
      assert.match(error.message, says)
      assertNoSecret(error)
    })
  }

  it('TLS options with redis:// are InvalidConfig', async () => {
    assert.equal((await refusal({ url: 'redis://localhost', tls: {} })).code, 'InvalidConfig')
  })
})

describe.skipIf(server === undefined)('RedisStore names the fix and never the secret', () => {
  it('a wrong password is PermissionDenied', async () => {
    const guarded = await mustStartWithPassword('right')
    const error = await refusal({ url: guarded.url(`default:${secret}@`) })
    assert.equal(error.code, 'PermissionDenied')
    assert.match(error.message, /correct the user and password/)
    assertNoSecret(error)
  })

  it('no password where one is asked for is PermissionDenied', async () => {
    const guarded = await mustStartWithPassword('right')
    const error = await refusal({ url: guarded.url() })
    assert.equal(error.code, 'PermissionDenied')
    assert.match(error.message, /put it in the URL/)
  })

  it('a password where none is set is PermissionDenied, not a warning on the console', async () => {
    const error = await refusal({ url: server?.url(`:${secret}@`) ?? '' })
    assert.equal(error.code, 'PermissionDenied')
    assertNoSecret(error)
  })

  it('the right password opens, and is not shown in info', async () => {
    const guarded = await mustStartWithPassword(secret)
    const store = await RedisStore.open({ url: guarded.url(`:${secret}@`) })
    await mustPut(store, 'a')
    assert.ok(!inspect(store, { depth: 10 }).includes(secret))
    assert.equal(store.info.location, `redis://127.0.0.1:${guarded.port}/0?prefix=nexus%3A`)
    await store.close()
  })

  it('a user without the right to a command is PermissionDenied at open, before anything is written', async () => {
    await server?.command('ACL', 'SETUSER', 'few', 'on', `>${secret}`, '~few:*', '&few:*', '+@all', '-zrem')
    const error = await refusal({ url: server?.url(`few:${secret}@`) ?? '', prefix: 'few:' })
    assert.equal(error.code, 'PermissionDenied')
    assert.match(error.message, /ZREM.*ACL SETUSER/)
    assertNoSecret(error)
    assert.equal(await server?.command('EXISTS', 'few:state'), 0)
  })

  it('a user without the right to the keys is PermissionDenied at open', async () => {
    await server?.command('ACL', 'SETUSER', 'elsewhere', 'on', '>pw', '~other:*', '&*', '+@all')
    assert.equal((await refusal({ url: server?.url('elsewhere:pw@') ?? '', prefix: 'mine:' })).code, 'PermissionDenied')
  })

  it('nobody listening is Unavailable at once', async () => {
    const began = performance.now()
    const error = await refusal({ url: `redis://u:${secret}@127.0.0.1:1` })
    assert.equal(error.code, 'Unavailable')
    assert.match(error.message, /nothing listens there/)
    assertNoSecret(error)
    assert.ok(performance.now() - began < 1_000)
  })

  it('an unknown host is Unavailable', async () => {
    const error = await refusal({ url: `redis://u:${secret}@nobody.invalid`, timeouts: { connect: 2_000 } })
    assert.ok(error.code === 'Unavailable' || error.code === 'Timeout', error.code)
    assertNoSecret(error)
  })

  it('a server that never answers is Timeout within the deadline', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const address = silent.address()
    const port = typeof address === 'object' ? address?.port : 0
    const began = performance.now()
    const error = await refusal({ url: `redis://127.0.0.1:${port}`, timeouts: { connect: 400 } })
    assert.equal(error.code, 'Timeout')
    assert.ok(performance.now() - began < 440 + 40)
    silent.close()
  })

  it('TLS to a server that speaks none, which waits for more, is a Timeout that says so', async () => {
    const error = await refusal({ url: `rediss://u:${secret}@127.0.0.1:${server?.port}`, timeouts: { connect: 500 } })
    assert.equal(error.code, 'Timeout')
    assert.match(error.message, /use redis:\/\/ if the server speaks no TLS/)
    assertNoSecret(error)
  })

  it('a database that the server does not have is InvalidConfig', async () => {
    assert.equal((await refusal({ url: `${url}/99` })).code, 'InvalidConfig')
  })

  it('a place without a store is NotFound if none may be made, and stays empty', async () => {
    const error = await refusal({ url, prefix: 'absent:', create: false })
    assert.equal(error.code, 'NotFound')
    assert.equal(await server?.command('EXISTS', 'absent:state'), 0)
  })

  it('a prefix that another program uses is Corrupt', async () => {
    await server?.command('SET', 'taken:state', 'theirs')
    const error = await refusal({ url, prefix: 'taken:' })
    assert.equal(error.code, 'Corrupt')
    assert.match(error.message, /prefix of its own/)
  })

  it('a store of a newer format is Unsupported', async () => {
    await (await RedisStore.open({ url, prefix: 'newer:' })).close()
    await server?.command('HSET', 'newer:state', 'format', '2')
    assert.equal((await refusal({ url, prefix: 'newer:' })).code, 'Unsupported')
  })

  it('a cancelled opening is Aborted', async () => {
    assert.equal((await refusal({ url, signal: AbortSignal.abort() })).code, 'Aborted')
  })

  it('a server that goes away in the middle of a call is Unavailable, outcome unknown', async () => {
    const own = await mustStart()
    const store = await RedisStore.open({ url: own.url(), timeouts: { call: 500 } })
    await own.command('CLIENT', 'PAUSE', '400', 'WRITE')
    const sent = failure(() => put(store, 'a'))
    await new Promise((resolve) => setTimeout(resolve, 50))
    await own.own.crash()
    const error = await sent
    assert.equal(error.code, 'Unavailable')
    assert.equal(error.outcome, 'unknown')
    const later = await failure(() => put(store, 'b'))
    assert.equal(later.code, 'Unavailable')
    assert.equal(later.outcome, 'none')
    await store.close()
  })

  it('a server that is still loading its data is Unavailable', async () => {
    const own = await mustStart({ 'key-load-delay': '200', 'loading-process-events-interval-bytes': '1024' })
    const store = await RedisStore.open({ url: own.url() })
    const value = new Uint8Array(100)
    // A server that loads answers between every thousand commands; a group of its own is a command of its own.
    const writes = Array.from({ length: 3_000 }, (_, i) => ({ kind: 'put' as const, key: key('', `${i}`), value }))
    await store.commit([{ expect: [], writes }])
    await own.own.crash()
    const restarted = own.own.restart()
    const error = await untilLoading(own.url())
    assert.equal(error?.code, 'Unavailable')
    assert.match(error?.message ?? '', /still reading its data/)
    // The store itself waits for it.
    await mustPut(store, 'after')
    await restarted
    await store.close()
  })

  it('foreign keys under the prefix fail the commit that meets them as Corrupt, and no other', async () => {
    const store = await RedisStore.open({ url, prefix: 'foreign:' })
    await mustPut(store, 'warm')
    await server?.command('LPUSH', 'foreign:e\u0000\u0001gtheirs', 'x')
    await server?.command('SET', 'foreign:ih', 'x')
    const writes = (...items: readonly (readonly [string, string?])[]) =>
      items.map(([item, group]) => ({ kind: 'put' as const, key: key(item, group), value: new Uint8Array() }))
    const removal = { kind: 'delete' as const, key: key('warm') }
    const results = await store.commit([
      { expect: [], writes: writes(['before']) },
      { expect: [{ kind: 'absent', key: key('theirs') }], writes: writes(['half']) },
      { expect: [], writes: [...writes(['half']), removal, ...writes(['item', 'h'])] },
      { expect: [], writes: writes(['behind']) },
    ])
    assert.deepEqual(
      results.map(({ status }) => status),
      ['committed', 'failed', 'failed', 'committed'],
    )
    for (const failed of results.slice(1, 3)) assert.ok(failed.status === 'failed' && isNexusError(failed.error, 'Corrupt'))
    const { scan } = await store.read({ scan: [{ group: utf8('g'), limit: 10 }] })
    const found = scan[0]?.entries.map((entry) => new TextDecoder().decode(entry.key.item))
    assert.deepEqual(found, ['before', 'behind', 'warm'])
    assert.equal(await server?.command('HGET', 'foreign:state', 'entries'), '3')
    await store.close()
  })

  it('a member that meets a foreign index changes nothing, and those behind it are checked without it', async () => {
    const store = await RedisStore.open({ url, prefix: 'without:' })
    for (const item of ['kept', 'old']) await mustPut(store, item)
    await server?.command('SET', 'without:ih', 'x')
    const write = (item: string, group?: string) => ({ kind: 'put' as const, key: key(item, group), value: new Uint8Array() })
    const results = await store.commit([
      { expect: [], writes: [write('before')] },
      {
        expect: [],
        writes: [write('kept'), write('new'), { kind: 'delete', key: key('old') }, write('item', 'h')],
      },
      { expect: [{ kind: 'present', key: key('new') }], writes: [write('misled')] },
      {
        expect: [
          { kind: 'absent', key: key('new') },
          { kind: 'present', key: key('old') },
        ],
        writes: [write('behind')],
      },
    ])
    assert.deepEqual(
      results.map(({ status }) => status),
      ['committed', 'failed', 'conflict', 'committed'],
    )
    const { scan, get } = await store.read({ scan: [{ group: utf8('g'), limit: 10 }], get: [key('kept'), key('old')] })
    const found = scan[0]?.entries.map((entry) => new TextDecoder().decode(entry.key.item))
    assert.deepEqual(found, ['before', 'behind', 'kept', 'old'])
    assert.deepEqual(
      get.map((entry) => entry?.revision),
      [1, 2],
    )
    assert.equal(await server?.command('HGET', 'without:state', 'entries'), '4')
    await store.close()
  })
})

/** The password comes last: who starts a server waits for an answer to a bare PING. */
async function mustStartWithPassword(password: string): Promise<TestServer> {
  const guarded = await mustStart()
  await guarded.command('CONFIG', 'SET', 'requirepass', password)
  return guarded
}

async function untilLoading(url: string): Promise<NexusError | undefined> {
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      await (await RedisStore.open({ url })).close()
      return undefined
    } catch (error) {
      if (isNexusError(error) && error.message.includes('still reading')) return error
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return undefined
}

/** Neither in the message nor in anything that a logger prints of it. */
function assertNoSecret(error: NexusError): void {
  assert.ok(error instanceof NexusError)
  const printed = `${inspect(error, { depth: 10, showHidden: true })} ${error.stack} ${JSON.stringify(error)}`
  assert.ok(!printed.includes(secret), printed)
}
