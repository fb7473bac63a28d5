// Guards: metadata-stores/redis/commit-script.ts, metadata-stores/redis/watch.ts

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, it } from 'vitest'
import { key, mustPut, put, startServer, stopServers, textOf } from './redis-server.test-fixture.ts'
import { RedisStore } from './redis-store.ts'

const server = await startServer()
const url = server?.url() ?? ''
const program = fileURLToPath(new URL('increment.test-fixture.ts', import.meta.url))

afterAll(stopServers)

describe.skipIf(server === undefined)('RedisStore between processes', () => {
  it('compare-and-set increments of 8 processes are exact', async () => {
    const store = await RedisStore.open({ url, prefix: 'count:' })
    await mustPut(store, 'counter', '0')
    const runs = Array.from({ length: 8 }, () => promisify(execFile)(process.execPath, [program, url, 'count:', '100']))
    const results = await Promise.all(runs)
    assert.equal(await textOf(store, 'counter'), '800')
    console.log(`conflicts met: ${results.reduce((sum, { stdout }) => sum + Number(stdout), 0)}`)
    await store.close()
  })

  it('what one process acknowledged, the next read of another sees, round after round', async () => {
    const [writer, reader] = await Promise.all([
      RedisStore.open({ url, prefix: 'visible:' }),
      RedisStore.open({ url, prefix: 'visible:' }),
    ])
    for (let round = 0; round < 2_000; round++) {
      const revision = await mustPut(writer, 'a', String(round))
      const { get } = await reader.read({ get: [key('a')] })
      assert.equal(get[0]?.revision, revision)
    }
    await Promise.all([writer.close(), reader.close()])
  })

  it('of 16 clients that create one key, one wins', async () => {
    const stores = await Promise.all(Array.from({ length: 16 }, () => RedisStore.open({ url, prefix: 'create:' })))
    for (let round = 0; round < 20; round++) {
      const target = `key-${round}`
      const results = await Promise.all(stores.map((store) => put(store, target, '', [{ kind: 'absent', key: key(target) }])))
      assert.equal(results.filter(({ status }) => status === 'committed').length, 1)
    }
    await Promise.all(stores.map((store) => store.close()))
  })
})
