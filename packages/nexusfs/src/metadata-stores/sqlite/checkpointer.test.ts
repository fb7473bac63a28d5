import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import { Checkpointer } from './checkpointer.ts'
import { openDatabase } from './driver.ts'
import { commitOf, put, testStore } from './sqlite-store.test-fixture.ts'
import type { SqliteStore } from './sqlite-store.ts'

const megabyte = 1_048_576

for (const worker of ['never', 'always'] as const) {
  describe(`the WAL of a store, worker: ${worker}`, () => {
    it('stays below 16 MB while a slow reader pages through everything', { timeout: 120_000 }, async () => {
      await using test = await testStore({ durability: 'os', worker })
      const lister = await test.another()
      let largest = 0
      let isWriting = true
      const paging = slowly(lister, () => isWriting)
      // Each commit touches pages far apart: 60 MB of frames in all.
      for (let round = 0; round < 100; round++) {
        const list = Array.from({ length: 60 }, (_, index) =>
          commitOf([
            put(`a/${round}-${index}`, 'x'.repeat(700)),
            put(`b/${index * 131}-${round}`, 'x'.repeat(700)),
            put(`c/${index}`, 'y'),
          ]),
        )
        for (const commit of list) await test.store.commit([commit])
        largest = Math.max(largest, statSync(`${test.file}-wal`).size)
      }
      isWriting = false
      assert.ok((await paging) > 20, 'the reader has read')
      assert.ok(largest < 16 * megabyte, `it grew to ${(largest / megabyte).toFixed(1)} MB`)
    })
  })
}

describe('Checkpointer', () => {
  it('empties the file of the WAL when no commit has come for a while', async () => {
    await using test = await testStore()
    const database = openDatabase(test.file)
    let pauses = 0
    const checkpointer = new Checkpointer({
      location: { file: test.file, durability: 'os' },
      walFrames: () => Number(database.prepare('PRAGMA wal_checkpoint(NOOP)').get()?.[1]),
      pause: () => {
        pauses += 1
      },
      resume: () => undefined,
      idleMs: 20,
    })
    await test.store.commit([commitOf(put('a', 'v'))])
    assert.ok(statSync(`${test.file}-wal`).size > 0)
    checkpointer.committed(1)
    for (let waited = 0; waited < 500 && statSync(`${test.file}-wal`).size > 0; waited++) await sleep(10)
    assert.equal(statSync(`${test.file}-wal`).size, 0)
    assert.equal(pauses, 0)
    await checkpointer.close()
    database.close()
  })

  it('lets commits go on that came by the thousand while the file was being emptied', async () => {
    await using test = await testStore()
    let frames = 1
    let isPaused = false
    let isEmptying: () => void = () => undefined
    const emptying = new Promise<void>((resolve) => {
      isEmptying = resolve
    })
    const checkpointer = new Checkpointer({
      location: { file: test.file, durability: 'os' },
      walFrames: () => {
        isEmptying()
        return frames
      },
      pause: () => {
        isPaused = true
      },
      resume: () => {
        isPaused = false
      },
      idleMs: 1,
    })
    checkpointer.committed(1)
    await emptying
    frames = 100_000
    checkpointer.committed(frames)
    for (let waited = 0; waited < 500 && isPaused; waited++) await sleep(10)
    assert.equal(isPaused, false)
    await checkpointer.close()
  })

  it('does not stop commits again and again for a reader that never ends, and starts the WAL anew once it has', async () => {
    await using test = await testStore({ durability: 'os' })
    const reader = openDatabase(test.file)
    reader.exec('BEGIN')
    reader.prepare('SELECT count(*) FROM entries').get()
    await test.store.commit([commitOf(put('a', 'v'.repeat(100_000)))])
    let pauses = 0
    let isPaused = false
    let frames = 100_000
    const checkpointer = new Checkpointer({
      location: { file: test.file, durability: 'os' },
      walFrames: () => frames,
      pause: () => {
        pauses += isPaused ? 0 : 1
        isPaused = true
      },
      resume: () => {
        isPaused = false
      },
    })
    const begun = performance.now()
    for (let round = 0; round < 60; round++) {
      checkpointer.committed(1_000)
      await sleep(5)
    }
    const seconds = (performance.now() - begun) / 1000
    // One before it is known, and one for each hold-up that is over: after 1, 3, 7 and 15 s.
    assert.ok(pauses >= 1 && pauses <= 2 + 2 * Math.log2(seconds + 1), `${pauses} pauses in ${seconds} s`)
    reader.close()
    frames = 0
    await checkpointer.close()
    assert.equal(statSync(`${test.file}-wal`).size, 0)
  })

  it('leaves no WAL behind when the last store is closed', async () => {
    await using test = await testStore()
    const other = await test.another()
    await test.store.commit([commitOf(put('a', 'v'))])
    await test.store.close()
    assert.equal(existsSync(`${test.file}-wal`), true)
    await other.close()
    assert.equal(existsSync(`${test.file}-wal`), false)
  })
})

/** Pages of ten with a pause after each, from the start again when it is through. Returns the number of pages. */
async function slowly(store: SqliteStore, isWanted: () => boolean): Promise<number> {
  let pages = 0
  let from: Uint8Array | undefined
  while (isWanted()) {
    const [page] = (await store.read({ scan: [{ group: utf8('a'), from, limit: 10 }] })).scan
    from = page?.hasMore === true ? page.entries.at(-1)?.key.item : undefined
    pages += 1
    await sleep(5)
  }
  return pages
}
