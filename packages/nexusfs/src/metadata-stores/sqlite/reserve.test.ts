import assert from 'node:assert/strict'
import { readdir, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { commitOf, put, testFolder } from './sqlite-store.test-fixture.ts'
import { SqliteStore } from './sqlite-store.ts'

async function reopened(path: string, options: { readonly readOnly?: boolean } = {}): Promise<readonly string[]> {
  const store = await SqliteStore.open({ path, durability: 'os', ...options })
  await store.close()
  return (await readdir(join(path, '..'))).sort()
}

describe('the reserve of a database', () => {
  it('is made when a database of 256 KiB or more is opened, filled up when it was used, and never by who only reads', async () => {
    await using folder = await testFolder()
    const path = join(folder.path, 'meta.db')
    const store = await SqliteStore.open({ path, durability: 'os' })
    await store.commit([commitOf(put('small', 'x'))])
    await store.close()
    assert.deepEqual(await reopened(path), ['meta.db'])
    const again = await SqliteStore.open({ path, durability: 'os' })
    await again.commit([commitOf([put('a', new Uint8Array(200_000)), put('b', new Uint8Array(200_000))])])
    await again.close()
    assert.deepEqual(await reopened(path, { readOnly: true }), ['meta.db'])
    assert.deepEqual(await reopened(path), ['meta.db', 'meta.db-reserve'])
    const { size, mode, ino } = await stat(`${path}-reserve`)
    assert.deepEqual([size, mode & 0o777], [1_048_576, 0o600])
    await reopened(path)
    assert.equal((await stat(`${path}-reserve`)).ino, ino)
    await truncate(`${path}-reserve`, 1000)
    await reopened(path)
    assert.equal((await stat(`${path}-reserve`)).size, 1_048_576)
  })
})
