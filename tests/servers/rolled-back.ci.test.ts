// Guards: fs/commit/witness.ts, metadata-stores/postgres/*.ts, metadata-stores/redis/*.ts

import assert from 'node:assert/strict'
import { chown, cp, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isNexusError, type NexusError, openNexus } from 'nexusfs'
import { PostgresStore } from 'nexusfs/postgres'
import { RedisStore } from 'nexusfs/redis'
import { describe, it } from 'vitest'
import type { OwnServer } from '../../services/service.ts'
import { runNexus } from '../concurrency/processes.ts'
import { ownServer, type ServerFixture, type ServerKind, serverFixture, sharedServer } from './server-fixtures.ts'

const servers = [['postgres', await sharedServer('postgres')] as const, ['redis', await sharedServer('redis')] as const]
/** Where the server keeps its data, below its folder. */
const dataOf: Readonly<Record<ServerKind, string>> = { postgres: 'data', redis: 'appendonlydir' }

/** Ends the server, and lets it begin again with what was copied. */
async function whileStopped(
  own: OwnServer,
  work: (data: string, copy: string) => Promise<void>,
  kind: ServerKind,
): Promise<void> {
  await own.crash()
  const data = join(own.directory, dataOf[kind])
  await work(data, `${data}-copy`)
  await own.restart()
}

/** With the owner of every file. */
async function copyFolder(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, preserveTimestamps: true })
  const { uid, gid } = await stat(from)
  for (const name of ['', ...(await readdir(to, { recursive: true }))]) await chown(join(to, name), uid, gid)
}

async function refusal(opening: () => Promise<unknown>): Promise<NexusError> {
  const error: unknown = await opening().then(
    () => assert.fail('it opened'),
    (cause: unknown) => cause,
  )
  return isNexusError(error) ? error : assert.fail(String(error))
}

/** Writes once, takes a copy of the server's data, writes again and closes. */
async function writeAroundACopy(fixture: ServerFixture, own: OwnServer): Promise<void> {
  const first = await fixture.open()
  await first.write('/a', 'one')
  await first.close()
  await whileStopped(own, copyFolder, fixture.kind)
  const second = await fixture.open()
  await second.write('/a', 'two')
  await second.write('/b', 'two')
  await second.close()
}

async function bringBack(own: OwnServer, kind: ServerKind): Promise<void> {
  await whileStopped(
    own,
    async (data, copy) => {
      await rm(data, { recursive: true })
      await copyFolder(copy, data)
    },
    kind,
  )
}

for (const [kind, server] of servers) {
  describe.skipIf(server === undefined)(`a ${kind} server that came back from an older copy`, () => {
    const withOwn = async (work: (fixture: ServerFixture, own: OwnServer) => Promise<void>): Promise<void> => {
      const mine = (await ownServer(kind)) ?? assert.fail('it was here a moment ago')
      try {
        await using fixture = await serverFixture(kind, mine.url)
        await work(fixture, mine.own)
      } finally {
        await mine.stop()
      }
    }

    it('is refused at open, with the fix, and taken in its newest state', () =>
      withOwn(async (fixture, own) => {
        await writeAroundACopy(fixture, own)
        const newest = await fixture.open()
        assert.equal(await newest.readText('/a'), 'two')
        await newest.close()
        await bringBack(own, kind)
        for (const opening of [
          () => fixture.open(),
          () => openNexus({ storage: `local:${fixture.folder}`, metadata: fixture.url, config: false, env: {} }),
        ]) {
          const error = await refusal(opening)
          assert.deepEqual([error.code, error.context.reason], ['Corrupt', 'rolled back'])
          assert.match(error.message, /has gone back in time.*restore its newest copy/)
        }
      }))

    it('that was emptied beside blobs is not taken for a new store, unless they may be of another', () =>
      withOwn(async (fixture) => {
        const first = await fixture.open()
        await first.write('/a', 'one')
        await first.close()
        if (kind === 'redis') await RedisStore.drop({ url: fixture.url })
        else await PostgresStore.drop({ url: fixture.url })
        const error = await refusal(() => fixture.open())
        assert.deepEqual([error.code, error.context.reason], ['Corrupt', 'rolled back'])
        assert.match(error.message, /is empty, and the storage backend holds blobs; .*restore its metadata/)
        const init = ['init', '--storage', `local:${fixture.folder}`, '--metadata', fixture.url]
        const told = await runNexus(init)
        assert.match(told.stderr, /^nexus: .*is empty, and the storage backend holds blobs; .*nexus init --share-storage/)
        assert.equal((await runNexus([...init, '--share-storage'])).code, 0)
        const beside = await fixture.open({ mayShareStorage: true })
        assert.equal(await beside.exists('/a'), false)
        await beside.write('/a', 'of another store')
        await beside.close()
        const again = await fixture.open()
        assert.equal(await again.readText('/a'), 'of another store')
      }))

    it('is taken once `nexus epoch raise` was run, and gives out no number a second time', () =>
      withOwn(async (fixture, own) => {
        await writeAroundACopy(fixture, own)
        await bringBack(own, kind)
        const layers = ['--storage', `local:${fixture.folder}`, '--metadata', fixture.url]
        const shown = await runNexus(['epoch', ...layers])
        assert.match(shown.stdout, /^epoch 0, revision \d+\n$/, shown.stderr)
        const raised = await runNexus(['epoch', 'raise', ...layers])
        assert.match(raised.stdout, /^the store in .* is in epoch 1 now\n$/, raised.stderr)
        const fs = await fixture.open()
        assert.equal(await fs.readText('/a'), 'one')
        assert.equal((await fs.write('/a', 'again')).version, 2)
        await fs.close()
      }))
  })
}
