import assert from 'node:assert/strict'
import { existsSync, mkdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import { isNexusError } from '../../core/errors.ts'
import { toRevision } from '../../core/revision.ts'
import { keyText } from '../../metadata/keyspace.ts'
import type { MetadataEntry } from '../../metadata/metadata-store.ts'
import { connect } from './connection.ts'
import { refuseNetwork } from './database-file.ts'
import { checkSqliteVersion, openDatabase } from './driver.ts'
import { commitOf, keyOf, put, revisionOf, testFolder, testStore } from './sqlite-store.test-fixture.ts'
import { SqliteStore } from './sqlite-store.ts'
import { storedKey } from './stored-row.ts'

describe('SqliteStore.open', () => {
  it('makes a file that only its user can read, and keeps entries between openings', async () => {
    await using first = await testStore()
    await first.store.commit([commitOf(put('a', 'one'))])
    await first.store.close()
    assert.equal(statSync(first.file).mode & 0o777, 0o600)
    const second = await first.another()
    assert.deepEqual((await second.read({ get: [keyOf('a')] })).get[0]?.value, utf8('one'))
  })

  it('refuses a missing file when it is not to make one, and a missing folder always', async () => {
    await using folder = await testFolder()
    const path = join(folder.path, 'meta.db')
    await assert.rejects(SqliteStore.open({ path, create: false }), { code: 'NotFound' })
    assert.equal(existsSync(path), false)
    await assert.rejects(SqliteStore.open({ path: join(folder.path, 'none', 'meta.db') }), { code: 'NotFound' })
    await assert.rejects(SqliteStore.open({ path: ':memory:' }), { code: 'InvalidArgument' })
  })

  it('refuses a symbolic link, a folder, and files of other kinds', async () => {
    await using folder = await testFolder()
    const target = join(folder.path, 'target.db')
    const link = join(folder.path, 'link.db')
    writeFileSync(target, '')
    symlinkSync(target, link)
    await assert.rejects(SqliteStore.open({ path: link }), { code: 'InvalidConfig' })
    mkdirSync(join(folder.path, 'folder.db'))
    await assert.rejects(SqliteStore.open({ path: join(folder.path, 'folder.db') }), { code: 'InvalidConfig' })
    const text = join(folder.path, 'notes.txt')
    writeFileSync(text, 'not a database, but a text that is longer than the header of one, which has a hundred bytes in all')
    await assert.rejects(SqliteStore.open({ path: text }), { code: 'Corrupt' })
    assert.equal((await readFile(text, 'utf8')).startsWith('not a database'), true)
  })

  it('refuses a database of another program, and leaves it as it was', async () => {
    await using folder = await testFolder()
    const path = join(folder.path, 'other.db')
    const other = openDatabase(path)
    other.exec('CREATE TABLE people (name TEXT)')
    other.close()
    const before = await readFile(path)
    await assert.rejects(SqliteStore.open({ path }), { code: 'InvalidConfig' })
    assert.deepEqual(await readFile(path), before)
  })

  it('refuses a schema that a newer version wrote', async () => {
    await using test = await testStore()
    await test.store.close()
    const database = openDatabase(test.file)
    database.exec('PRAGMA user_version = 3')
    database.close()
    await assert.rejects(SqliteStore.open({ path: test.file }), { code: 'Unsupported' })
  })

  it('refuses versions of SQLite that can corrupt a database', () => {
    for (const version of ['3.51.2', '3.50.9', '2.99.99']) {
      assert.throws(() => checkSqliteVersion(version), { code: 'MissingDependency' })
    }
    for (const version of ['3.51.3', '3.52.0', '4.0.0']) checkSqliteVersion(version)
  })

  it('makes no file where SQLite is too old', async () => {
    await using folder = await testFolder()
    const path = join(folder.path, 'meta.db')
    const versions = Object.getOwnPropertyDescriptor(process, 'versions')
    Object.defineProperty(process, 'versions', { configurable: true, value: { ...process.versions, sqlite: '3.50.0' } })
    try {
      await assert.rejects(SqliteStore.open({ path }), { code: 'MissingDependency' })
    } finally {
      Object.defineProperty(process, 'versions', versions ?? {})
    }
    assert.equal(existsSync(path), false)
  })

  it.each([
    ['a column of another name', 'ALTER TABLE entries RENAME COLUMN c TO b'],
    ['a table of another name', 'ALTER TABLE entries RENAME TO dntries'],
    ['no index', 'DROP INDEX entries_by_key'],
  ])('reports a schema with %s as Corrupt', async (_, damage) => {
    await using first = await testStore()
    await first.store.close()
    const database = openDatabase(first.file)
    database.exec(damage)
    database.close()
    await assert.rejects(first.another(), { code: 'Corrupt' })
  })

  it('reports a damaged database as Corrupt', async () => {
    await using test = await testStore()
    for (let index = 0; index < 200; index++) await test.store.commit([commitOf(put(`k${index}`, 'x'.repeat(500)))])
    await test.store.close()
    const bytes = await readFile(test.file)
    bytes.fill(0xa5, 4096)
    await writeFile(test.file, bytes)
    const opened = await SqliteStore.open({ path: test.file }).catch((error: unknown) => error)
    if (!(opened instanceof SqliteStore)) {
      assert.equal(opened instanceof Error && 'code' in opened && opened.code, 'Corrupt')
      return
    }
    await assert.rejects(opened.read({ get: [keyOf('k7')] }), { code: 'Corrupt' })
    await opened.close()
  })

  it('never gives what a damaged index leads to: the row of another key, or no last revision', async () => {
    await using test = await testStore()
    await test.store.commit([commitOf([put('a', 'one'), put('b', 'two')])])
    await test.store.close()
    const damage = (sql: string): void => {
      const database = openDatabase(test.file)
      database.exec(sql)
      database.close()
    }
    const keys = [keyOf('a'), keyOf('b')].map((key) => Buffer.from(storedKey(keyText(key))).toString('hex'))
    // Exchanges the names of two rows: what each of them holds is whole.
    damage(`UPDATE entries SET k = x'00' WHERE k = x'${keys[0]}'; UPDATE entries SET k = x'${keys[0]}' WHERE k = x'${keys[1]}';
      UPDATE entries SET k = x'${keys[1]}' WHERE k = x'00'`)
    const exchanged = await test.another()
    await assert.rejects(exchanged.read({ get: [keyOf('a')] }), { code: 'Corrupt' })
    await assert.rejects(exchanged.read({ scan: [{ group: keyOf('a').group, limit: 10 }] }), { code: 'Corrupt' })
    await exchanged.close()
    damage('DELETE FROM entries WHERE k IS NULL')
    const headless = await test.another()
    await assert.rejects(headless.horizon(), { code: 'Corrupt' })
    await assert.rejects(headless.read({ get: [keyOf('c')] }), { code: 'Corrupt' })
    const [result] = await headless.commit([commitOf(put('c', ''))])
    assert.equal(result?.status === 'failed' && isNexusError(result.error) && result.error.code, 'Corrupt')
  })

  it('refuses a network file system, by what statfs says of it', () => {
    for (const type of [0x6969, 0xff534d42, 0xff534d42 | 0, 0xfe534d42]) {
      assert.throws(() => refuseNetwork('/mnt/meta.db', type), {
        code: 'Unsupported',
        message: /network file system \((NFS|CIFS|SMB)\)/,
      })
    }
    // ext, XFS, btrfs, tmpfs, overlay, FUSE, 9p of a sandbox
    for (const type of [0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x65735546, 0x01021997]) {
      refuseNetwork('/mnt/meta.db', type)
    }
  })

  it('refuses a location where SQLite cannot keep a write-ahead log', () => {
    assert.throws(() => connect({ file: ':memory:', durability: 'disk' }), {
      code: 'Unsupported',
      message: /journal mode memory/,
    })
  })

  it('can be opened ten times at once on a file that is not there yet', async () => {
    await using folder = await testFolder()
    const path = join(folder.path, 'meta.db')
    const stores = await Promise.all(Array.from({ length: 10 }, () => SqliteStore.open({ path })))
    await Promise.all(stores.map((store, index) => store.commit([commitOf(put(`k${index}`, ''))])))
    assert.equal(await stores[0]?.horizon(), 10)
    await Promise.all(stores.map((store) => store.close()))
  })
})

describe('SqliteStore', () => {
  it('says what it is and how it is set', async () => {
    for (const durability of ['disk', 'os'] as const) {
      await using test = await testStore({ durability })
      const { info } = test.store
      assert.equal(info.durability, durability)
      assert.equal(info.location, test.file)
      assert.equal(info.settings.journal_mode, 'wal')
      assert.equal(info.settings.synchronous, durability === 'disk' ? '2' : '1')
    }
  })

  it('numbers commits above what was loaded, in its epoch', async () => {
    await using test = await testStore()
    const epoch = 3 * 2 ** 43
    await test.store.load(entriesOf(['a', 5], ['b', epoch + 7], ['c', epoch + 1]))
    assert.equal(await test.store.horizon(), epoch + 7)
    assert.equal(revisionOf((await test.store.commit([commitOf(put('d', ''))]))[0]), epoch + 8)
    assert.equal((await test.store.read({ get: [keyOf('a')] })).get[0]?.revision, 5)
  })

  it('keeps nothing of a load that breaks off, and refuses one that gives a key twice', async () => {
    await using test = await testStore()
    await assert.rejects(test.store.load(brokenEntries()), { message: 'the source broke' })
    await assert.rejects(test.store.load(entriesOf(['a', 1], ['a', 2])), { code: 'InvalidArgument' })
    await test.store.load(entriesOf(['b', 7]))
    assert.deepEqual((await test.store.read({ get: [keyOf('a')] })).get, [undefined])
    await assert.rejects(test.store.load(entriesOf(['c', 9])), { code: 'AlreadyExists' })
  })

  it('gives the room of replaced and removed values to new ones', async () => {
    await using test = await testStore()
    const pages = (): number => {
      const database = openDatabase(test.file)
      const [count, free] = ['page_count', 'freelist_count'].map((name) => Number(database.prepare(`PRAGMA ${name}`).get()?.[0]))
      database.close()
      return (count ?? 0) - (free ?? 0)
    }
    await test.store.commit([commitOf(put('a', new Uint8Array(200_000)))])
    const before = pages()
    for (let size = 1; size < 20; size++) await test.store.commit([commitOf(put('a', new Uint8Array(200_000 - size)))])
    assert.ok(pages() <= before + 2, `${pages()} pages instead of ${before}`)
    await test.store.commit([{ expect: [], writes: [{ kind: 'delete', key: keyOf('a') }] }])
    assert.ok(pages() < before - 40, `${pages()} pages are left of ${before}`)
  })

  it('acknowledges nothing once its file was removed or replaced, and goes on when it is back', async () => {
    for (const worker of ['never', 'always'] as const) {
      await using test = await testStore({ worker })
      await test.store.commit([commitOf(put('a', 'one'))])
      const away = `${test.file}.away`
      for (const replace of [() => undefined, () => writeFileSync(test.file, '')]) {
        renameSync(test.file, away)
        replace()
        const [result] = await test.store.commit([commitOf(put('b', 'lost'))])
        assert.ok(result?.status === 'failed' && isNexusError(result.error, 'Unavailable'))
        assert.match(result.error.message, /removed or replaced/)
        renameSync(away, test.file)
        assert.equal((await test.store.commit([commitOf(put('b', 'kept'))]))[0]?.status, 'committed')
      }
    }
  })

  it('reads nothing from a file that was removed more than a second ago', async () => {
    await using test = await testStore()
    await test.store.commit([commitOf(put('a', 'one'))])
    renameSync(test.file, `${test.file}.away`)
    await sleep(1_050)
    await assert.rejects(test.store.read({ get: [keyOf('a')] }), { code: 'Unavailable', message: /removed or replaced/ })
  })

  it('calls every listener of a watch, also after one that throws, and goes on', async () => {
    await using test = await testStore()
    const called = new Promise<void>((resolve) => {
      void test.store.watch(() => {
        throw new Error('thrown by a listener')
      })
      void test.store.watch(() => resolve())
    })
    await test.store.commit([commitOf(put('a', ''))])
    await called
  })

  it('refuses calls after close, and closes twice without harm', async () => {
    await using test = await testStore()
    const last = test.store.commit([commitOf(put('a', ''))])
    await Promise.all([test.store.close(), test.store.close()])
    assert.equal((await last)[0]?.status, 'committed')
    await assert.rejects(test.store.read({}), { code: 'Closed' })
    await assert.rejects(test.store.commit([commitOf(put('a', ''))]), { code: 'Closed' })
  })
})

async function* entriesOf(...pairs: readonly (readonly [string, number])[]): AsyncGenerator<MetadataEntry> {
  for (const [item, revision] of pairs) yield { key: keyOf(item), value: utf8(item), revision: toRevision(revision) }
}

async function* brokenEntries(): AsyncGenerator<MetadataEntry> {
  yield* entriesOf(['a', 1])
  throw new Error('the source broke')
}
