// Guards: metadata-stores/sqlite/checkpointer.ts

import assert from 'node:assert/strict'
import { copyFileSync, statSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { addWalRoom } from './checkpointer.ts'
import { openDatabase } from './driver.ts'
import { commitOf, keyOf, put, testStore } from './sqlite-store.test-fixture.ts'
import { SqliteStore } from './sqlite-store.ts'

const room = 8 * 1024 * 1024

describe('room in the WAL', () => {
  it('is made once a process of class disk has committed often, and holds what comes after', async () => {
    await using test = await testStore({ worker: 'never' })
    for (let n = 0; n < 70; n++) await test.store.commit([commitOf(put(`k${n}`, 'before'))])
    for (let waited = 0; statSync(`${test.file}-wal`).size < room && waited < 200; waited++) await delay(20)
    assert.equal(statSync(`${test.file}-wal`).size, room)
    await test.store.commit([commitOf(put('after', 'x'))])
    assert.equal(statSync(`${test.file}-wal`).size, room)
    const { get } = await test.store.read({ get: [keyOf('k69'), keyOf('after')] })
    assert.ok(get.every((entry) => entry !== undefined))
  })

  it('does not hide a commit from who recovers the files as a crash left them', async () => {
    await using test = await testStore({ worker: 'never' })
    await test.store.commit([commitOf(put('a', '1'))])
    const database = openDatabase(test.file)
    while (addWalRoom(database, test.file));
    database.close()
    await test.store.commit([commitOf(put('b', '2'))])
    const copy = `${test.file}.copy`
    for (const suffix of ['', '-wal']) copyFileSync(test.file + suffix, copy + suffix)
    assert.equal(statSync(`${copy}-wal`).size, room)
    await using recovered = await SqliteStore.open({ path: copy, create: false })
    const { get } = await recovered.read({ get: [keyOf('a'), keyOf('b')] })
    assert.deepEqual(
      get.map((entry) => entry && Buffer.from(entry.value).toString()),
      ['1', '2'],
    )
  })

  it('is made in pieces between which others commit', async () => {
    await using test = await testStore({ worker: 'never' })
    await test.store.commit([commitOf(put('a', '1'))])
    const database = openDatabase(test.file)
    let pieces = 0
    while (addWalRoom(database, test.file)) {
      pieces += 1
      const before = statSync(`${test.file}-wal`).size
      assert.equal((await test.store.commit([commitOf(put(`k${pieces}`, 'x'))]))[0]?.status, 'committed')
      assert.equal(statSync(`${test.file}-wal`).size, before)
    }
    database.close()
    assert.ok(pieces >= 10, `${pieces} pieces`)
  })

  it('waits for who holds the write lock', async () => {
    await using test = await testStore({ worker: 'never' })
    await test.store.commit([commitOf(put('a', '1'))])
    const [holder, other] = [openDatabase(test.file), openDatabase(test.file)]
    holder.exec('BEGIN IMMEDIATE')
    assert.throws(() => addWalRoom(other, test.file), /locked/)
    assert.ok(statSync(`${test.file}-wal`).size < room)
    holder.exec('ROLLBACK')
    while (addWalRoom(other, test.file));
    assert.equal(statSync(`${test.file}-wal`).size, room)
    holder.close()
    other.close()
  })
})
