// Guards: metadata-stores/sqlite/read-only-file.ts, metadata-stores/sqlite/sqlite-store.ts

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { fromUtf8 } from '../../core/bytes.ts'
import { ReadOnlyFile } from './read-only-file.ts'
import { commitOf, inAnotherProcess, keyOf, put, testFolder } from './sqlite-store.test-fixture.ts'
import { SqliteStore } from './sqlite-store.ts'

async function write(store: SqliteStore, key: string, value: string): Promise<void> {
  const [result] = await store.commit([commitOf(put(key, value))])
  assert.equal(result?.status, 'committed')
}

async function textOf(store: SqliteStore, key: string): Promise<string | undefined> {
  const { get } = await store.read({ get: [keyOf(key)] })
  return get[0] && fromUtf8(get[0].value)
}

/** Names, bytes and times of all that is in the folder. (For root, SQLite sets the owner of a WAL anew, so that `ctime` says nothing.) */
async function stateOf(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).sort()
  return Promise.all(
    names.map(async (name) => {
      const content = createHash('sha256').update(await readFile(join(folder, name)))
      return `${name} ${content.digest('hex')} ${(await stat(join(folder, name))).mtimeMs}`
    }),
  )
}

/** A file with one entry that nobody has open. */
async function closedFile(folder: string): Promise<string> {
  const path = join(folder, 'meta.db')
  await using store = await SqliteStore.open({ path })
  await write(store, 'a', 'one')
  return path
}

/** Opens, gives many keys one value in one commit, and closes, for a second. */
const writeAndClose = (path: string): string => `
import { SqliteStore } from '%/sqlite-store.ts'
const end = Date.now() + 1_000
for (let n = 0; Date.now() < end; n++) {
  const store = await SqliteStore.open({ path: ${JSON.stringify(path)}, durability: 'os' })
  const value = Buffer.alloc(2_000, 'abcdefgh'[n & 7])
  const writes = Array.from({ length: 40 }, (_, index) => ({ kind: 'put', key: { group: Buffer.from('g'), item: Buffer.from('many' + index) }, value }))
  await store.commit([{ expect: [], writes }])
  await store.close()
}
`

/** Commits once, and is killed with the commit in the WAL. */
const commitAndDie = (path: string): string => `
import { SqliteStore } from '%/sqlite-store.ts'
const store = await SqliteStore.open({ path: ${JSON.stringify(path)}, worker: 'never' })
const key = { group: Buffer.from('g'), item: Buffer.from('b') }
await store.commit([{ expect: [], writes: [{ kind: 'put', key, value: Buffer.from('in the WAL') }] }])
process.kill(process.pid, 'SIGKILL')
`

describe('a store opened with readOnly', () => {
  it('reads what is there, refuses every change, and touches nothing', async () => {
    await using folder = await testFolder()
    const path = await closedFile(folder.path)
    const before = await stateOf(folder.path)
    const store = await SqliteStore.open({ path, readOnly: true, worker: 'always' })
    assert.match(store.info.readOnly?.why ?? '', /opened with readOnly/)
    assert.equal(await textOf(store, 'a'), 'one')
    const refused = { code: 'ReadOnly', context: { outcome: 'none' } }
    await assert.rejects(store.commit([commitOf(put('a', 'two'))]), refused)
    await assert.rejects(store.raiseEpoch(), refused)
    await assert.rejects(store.load((async function* () {})()), refused)
    await store.close()
    assert.deepEqual(await stateOf(folder.path), before)
  })

  it('sees each commit of a writer that comes, goes and comes again', async () => {
    await using folder = await testFolder()
    const path = await closedFile(folder.path)
    await using reader = await SqliteStore.open({ path, readOnly: true })
    for (let round = 0; round < 3; round++) {
      await using writer = await SqliteStore.open({ path, durability: 'os' })
      for (let n = 0; n < 20; n++) {
        await write(writer, 'a', `${round} ${n}`)
        assert.equal(await textOf(reader, 'a'), `${round} ${n}`)
        assert.equal(await reader.horizon(), await writer.horizon())
      }
    }
    assert.equal(await textOf(reader, 'a'), '2 19')
  })

  it('sees what was written and moved out of the WAL while it did not look', async () => {
    await using folder = await testFolder()
    const path = await closedFile(folder.path)
    await using reader = await SqliteStore.open({ path, readOnly: true })
    assert.equal(await textOf(reader, 'a'), 'one')
    await using writer = await SqliteStore.open({ path, durability: 'os' })
    await write(writer, 'a', 'two')
    await writer.close()
    assert.deepEqual(await readdir(folder.path), ['meta.db'])
    assert.equal(await textOf(reader, 'a'), 'two')
  })

  it('never gives parts of two commits beside a process that opens, writes and closes', async () => {
    await using folder = await testFolder()
    const path = await closedFile(folder.path)
    await using reader = await SqliteStore.open({ path, readOnly: true, cacheBytes: 0 })
    const writer = inAnotherProcess(writeAndClose(path))
    const seen = new Set<string>()
    const get = Array.from({ length: 40 }, (_, index) => keyOf(`many${index}`))
    while (writer.exitCode === null) {
      const reply = await reader.read({ get })
      const values = new Set(reply.get.map((entry) => (entry === undefined ? '' : fromUtf8(entry.value))))
      assert.equal(values.size, 1)
      for (const value of values) seen.add(value)
      await nextTurn()
    }
    assert.ok(seen.size > 2, `${seen.size} commits were seen`)
  })

  it('begins a read anew that a writer came beside', async () => {
    await using folder = await testFolder()
    const path = await closedFile(folder.path)
    await new Promise((resolve) => setTimeout(resolve, 150))
    const file = new ReadOnlyFile(path)
    let database = file.connect()
    const writer = new DatabaseSync(path)
    let [reads, renewed] = [0, 0]
    const longest = file.read(
      () => {
        reads++
        const before = database.prepare('SELECT max(rowid) FROM entries').get()
        if (reads === 1) writer.exec('UPDATE entries SET rowid = rowid + 1000; PRAGMA wal_checkpoint(TRUNCATE)')
        return before?.[0]
      },
      () => {
        renewed++
        database.close()
        database = file.connect()
      },
    )
    assert.deepEqual([reads, renewed], [2, 1])
    assert.ok(Number(longest) > 1000)
    database.close()
    writer.close()
  })

  it('tells a listener of the commits of others', async () => {
    await using folder = await testFolder()
    const path = await closedFile(folder.path)
    await using reader = await SqliteStore.open({ path, readOnly: true })
    const told = Promise.withResolvers<void>()
    await reader.watch(() => told.resolve())
    await using writer = await SqliteStore.open({ path, durability: 'os' })
    await write(writer, 'a', 'two')
    await told.promise
  })

  it('reads the commits in the WAL that a killed process left, and leaves them there', async () => {
    await using folder = await testFolder()
    const path = await closedFile(folder.path)
    await once(inAnotherProcess(commitAndDie(path)), 'close')
    const before = await stateOf(folder.path)
    const store = await SqliteStore.open({ path, readOnly: true })
    assert.equal(await textOf(store, 'b'), 'in the WAL')
    await store.close()
    assert.deepEqual(await stateOf(folder.path), before)
  })

  it('refuses a WAL that it cannot reach, rather than give what was there before it', async () => {
    await using folder = await testFolder()
    const path = await closedFile(folder.path)
    await once(inAnotherProcess(commitAndDie(path)), 'close')
    await rm(`${path}-shm`)
    await assert.rejects(SqliteStore.open({ path, readOnly: true }), (error: Error) => {
      assert.match(
        error.message,
        /the WAL of .* holds commits that cannot be read here; open the store once where it can be written/,
      )
      return 'code' in error && error.code === 'ReadOnly'
    })
    await using writer = await SqliteStore.open({ path })
    assert.equal(await textOf(writer, 'b'), 'in the WAL')
  })

  it('makes nothing where nothing is', async () => {
    await using folder = await testFolder()
    const path = join(folder.path, 'meta.db')
    await assert.rejects(SqliteStore.open({ path, readOnly: true, create: true }), { code: 'NotFound' })
    assert.deepEqual(await readdir(folder.path), [])
  })

  it('copies itself, with and without a writer beside it', async () => {
    await using folder = await testFolder()
    const path = await closedFile(folder.path)
    await using reader = await SqliteStore.open({ path, readOnly: true })
    await reader.backup(join(folder.path, 'still.db'))
    await using writer = await SqliteStore.open({ path, durability: 'os' })
    await write(writer, 'a', 'two')
    assert.equal(await textOf(reader, 'a'), 'two')
    await reader.backup(join(folder.path, 'shared.db'))
    for (const [name, value] of [
      ['still.db', 'one'],
      ['shared.db', 'two'],
    ] as const) {
      await using copy = await SqliteStore.open({ path: join(folder.path, name) })
      assert.equal(await textOf(copy, 'a'), value)
    }
  })

  it('is no reason for a writer of the same process to lose its locks', async () => {
    await using folder = await testFolder()
    const path = await closedFile(folder.path)
    await using reader = await SqliteStore.open({ path, readOnly: true })
    assert.equal(await textOf(reader, 'a'), 'one')
    await using writer = await SqliteStore.open({ path, durability: 'os' })
    await write(writer, 'a', 'two')
    assert.equal(await textOf(reader, 'a'), 'two')
    await reader.close()
    // Who takes itself for the last one removes the WAL.
    const other = inAnotherProcess(`
      import { SqliteStore } from '%/sqlite-store.ts'
      await (await SqliteStore.open({ path: ${JSON.stringify(path)} })).close()`)
    await once(other, 'close')
    assert.ok((await readdir(folder.path)).includes('meta.db-wal'))
  })
})

describe('a file that this user may only read', () => {
  it('is opened for reading, and says why (not as root, whom no mode stops)', async ({ skip }) => {
    if (process.getuid?.() === 0) skip('requires a user who is not root; media.ci.test.ts checks it as another user')
    await using folder = await testFolder()
    const path = await closedFile(folder.path)
    await chmod(path, 0o400)
    await chmod(folder.path, 0o500)
    try {
      await using store = await SqliteStore.open({ path })
      assert.match(store.info.readOnly?.why ?? '', /this user may not write to/)
      assert.equal(await textOf(store, 'a'), 'one')
      await assert.rejects(store.commit([commitOf(put('a', 'two'))]), { code: 'ReadOnly' })
    } finally {
      await chmod(folder.path, 0o700)
    }
  })
})
