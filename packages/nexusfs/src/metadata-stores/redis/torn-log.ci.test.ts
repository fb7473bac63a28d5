// Guards: metadata-stores/redis/server-check.ts

import assert from 'node:assert/strict'
import { appendFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import { isNexusError } from '../../core/errors.ts'
import { mustPut, mustStart, startServer, stopServers, type TestServer, textOf } from './redis-server.test-fixture.ts'
import { RedisStore } from './redis-store.ts'

const server = await startServer()
afterAll(stopServers)

/** A command as the append-only file holds it. */
function logged(...words: readonly string[]): string {
  return [`*${words.length}`, ...words.flatMap((word) => [`$${Buffer.byteLength(word)}`, word]), ''].join('\r\n')
}

/**
 * What a server leaves that is killed while it writes a commit: the beginning of its transaction, which ends in the middle of a command.
 */
async function tearLog({ own }: TestServer): Promise<void> {
  await own.crash()
  const folder = join(own.directory, 'appendonlydir')
  const newest = readdirSync(folder)
    .filter((name) => name.endsWith('.incr.aof'))
    .sort()
    .at(-1)
  assert.ok(newest !== undefined)
  const begun = [logged('SELECT', '0'), logged('MULTI'), logged('ZADD', 'nexus:ig', '0', 'torn'), '*3\r\n$3\r\nSE']
  appendFileSync(join(folder, newest), begun.join(''))
  await own.restart()
}

/** How often the server has rewritten its log since it started: nothing else makes it fork here. */
async function rewritesOf(own: TestServer): Promise<number> {
  const [, forks] = /total_forks:(\d+)/.exec(String(await own.command('INFO', 'stats'))) ?? []
  return Number(forks)
}

async function itemsOf(store: RedisStore): Promise<readonly string[]> {
  const [page] = (await store.read({ scan: [{ group: utf8('g'), limit: 10 }] })).scan
  return page?.entries.map((entry) => Buffer.from(entry.key.item).toString()) ?? []
}

describe.skipIf(server === undefined)('a server that was killed in the middle of a commit', () => {
  it('brings back nothing of it, however often it is killed again', async () => {
    const own = await mustStart()
    const url = own.url()
    await using before = await RedisStore.open({ url })
    await mustPut(before, 'a', 'first')
    await tearLog(own)
    // The client of before, and one that comes anew: both are to find a server that can be relied on.
    await mustPut(before, 'b', 'after')
    await using anew = await RedisStore.open({ url })
    await mustPut(anew, 'c', 'anew')
    await own.own.crash()
    await own.own.restart()
    assert.deepEqual(await itemsOf(before), ['a', 'b', 'c'])
    assert.equal(await textOf(before, 'b'), 'after')
  })

  it('rewrites its log once in each of its runs, and never if it refuses a torn one', async () => {
    for (const [truncates, expected] of [
      ['yes', 1],
      ['no', 0],
    ] as const) {
      const own = await mustStart({ 'aof-load-truncated': truncates })
      for (let run = 0; run < 2; run++) {
        const urls = Array.from({ length: 12 }, (_, index) => `${own.url()}?prefix=${index % 5}:`)
        const stores = await Promise.all(urls.map((url) => RedisStore.open({ url })))
        for (const [index, store] of stores.entries()) await mustPut(store, `${run}-${index}`)
        assert.equal(await rewritesOf(own), expected)
        for (const store of stores) await store.close()
        await own.own.crash()
        await own.own.restart()
      }
    }
  })

  it('would bring back a part of it if its log stayed as it is', async () => {
    const own = await mustStart()
    const url = own.url()
    await own.command('ACL', 'SETUSER', 'default', '-bgrewriteaof')
    const before = await RedisStore.open({ url })
    await mustPut(before, 'a', 'first')
    await tearLog(own)
    await own.command('ACL', 'SETUSER', 'default', '-bgrewriteaof')
    await mustPut(before, 'b', 'after')
    await own.own.crash()
    await own.own.restart()
    const error = await itemsOf(before).catch((reason: unknown) => reason)
    assert.ok(isNexusError(error, 'Corrupt'), String(error))
    await before.close()
  })
})
