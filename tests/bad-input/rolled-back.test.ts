// Guards: fs/commit/witness.ts, fs/open/store-format.ts, metadata-stores/sqlite/*.ts

import assert from 'node:assert/strict'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openNexus, SqliteStore } from 'nexusfs'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { runNexus } from '../concurrency/processes.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-rolled-back-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function removeDatabase(data: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) await rm(join(data, `meta.db${suffix}`), { force: true })
}

describe('a database that is not what it was', () => {
  it('is refused if it is an older copy, by the library and the command, until its epoch is raised', async () => {
    const data = join(folder, 'older')
    const older = join(folder, 'older.db')
    const first = await openNexus(data)
    await first.write('/doc', 'v1')
    await first.close()
    await copyFile(join(data, 'meta.db'), older)
    const second = await openNexus(data)
    const { etag } = await second.write('/doc', 'v2, by Ann')
    await second.close()
    await removeDatabase(data)
    await copyFile(older, join(data, 'meta.db'))

    await assert.rejects(openNexus(data), { code: 'Corrupt', context: { reason: 'rolled back', revision: 2, seen: 3 } })
    const cat = await runNexus(['cat', '/doc', '--store', data])
    assert.equal(cat.code, 7)
    assert.match(cat.stderr, /gone back in time.*raise its epoch/)

    const shown = await runNexus(['epoch', '--store', data])
    assert.deepEqual([shown.code, shown.stdout], [0, 'epoch 0, revision 2\n'])
    const raised = await runNexus(['epoch', 'raise', '--store', data])
    assert.deepEqual([raised.code, raised.stdout], [0, `the store in ${data} is in epoch 1 now\n`])
    await using third = await openNexus(data)
    assert.notEqual((await third.write('/doc', 'v2, by Bob')).etag, etag)
    await assert.rejects(third.write('/doc', 'v3, by Ann, who never saw Bob', { ifMatch: etag }), { code: 'Conflict' })
  })

  it('is raised as many epochs as its blobs have seen', async () => {
    const data = join(folder, 'twice')
    const older = join(folder, 'twice.db')
    const first = await openNexus(data)
    await first.write('/doc', 'v1')
    await first.close()
    await copyFile(join(data, 'meta.db'), older)
    for (const epoch of [1, 2, 3]) {
      await removeDatabase(data)
      await copyFile(older, join(data, 'meta.db'))
      const { code, stdout } = await runNexus(['epoch', 'raise', '--store', data, '--json'])
      assert.deepEqual([code, JSON.parse(stdout).epoch], [0, epoch])
      await using nexus = await openNexus(data)
      await nexus.write('/doc', `in epoch ${epoch}`)
    }
    const none = await runNexus(['epoch', 'raise', '--store', join(folder, 'absent')])
    assert.equal(none.code, 10)
    assert.match(none.stderr, /no store in/)
  })

  it('is refused if it is gone or empty beside its blobs, by the library and the command, also if all files are small', async () => {
    const data = join(folder, 'gone')
    const first = await openNexus(data)
    await first.write('/small', 'kept in the database')
    await first.close()
    await removeDatabase(data)
    const missing = await runNexus(['ls', '/', '--store', data])
    assert.equal(missing.code, 7)
    assert.match(missing.stderr, /meta\.db is missing, and its blobs are there; restore it/)
    await assert.rejects(openNexus(data), { code: 'Corrupt', message: /is missing, and the storage backend holds blobs/ })
    await (await SqliteStore.open({ path: join(data, 'meta.db') })).close()
    await assert.rejects(openNexus(data), { code: 'Corrupt', message: /is empty, and the storage backend holds blobs/ })
    const empty = await runNexus(['ls', '/', '--store', data])
    assert.equal(empty.code, 7)
    assert.match(empty.stderr, /is empty, and the storage backend holds blobs; .* restore its metadata/)
  })

  it('leaves one witness, however many processes came and went', async () => {
    const data = join(folder, 'witnesses')
    for (let round = 0; round < 5; round++) {
      await using nexus = await openNexus(data)
      await nexus.write('/a', String(round))
      await nexus.write('/b', String(round))
    }
    await using nexus = await openNexus(data)
    const { LocalBackend } = await import('nexusfs/local')
    const storage = await LocalBackend.open({ root: data })
    const { blobs } = await storage.list({ prefix: `${nexus.info.storeId}/witness/` })
    assert.ok(blobs.length <= 2, JSON.stringify(blobs))
    await storage.close()
  })
})
