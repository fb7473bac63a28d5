// Guards: content/*.ts, fs/commit/*.ts, fs/operations/*.ts, fs/resolve/*.ts

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { CallMeter, MeteredBackend, MeteredStore } from '../testing/call-meter.ts'
import { makeLocalTree, prepareSamples, samples } from './operation-samples.test-fixture.ts'
import { all, fresh, memoryFixture } from './store.test-fixture.ts'

/** With this, contents of 2,000 bytes lie in the metadata store, and larger ones in the storage backend. */
const inlineBytes = 2200

/**
 * How often a sample may wait for the metadata store and for the storage backend: with warm hints, and nothing in the cache of content.
 * A sample without a line here fails. Large content is one step of 512 KiB and a second one, each with a look and a commit. Calls at the same time count once, so that of many uploads there is no certain number.
 */
const promised: Readonly<Record<string, readonly [metadata: number, storage: number | undefined]>> = {
  read: [2, 1],
  'read of a version': [3, 0],
  'read of a tiny file': [1, 0],
  readText: [2, 1],
  readWithStat: [2, 1],
  'read of a large file': [5, undefined],
  readRange: [2, 1],
  'readRange of a large file': [4, 1],
  readStream: [2, 1],
  'readStream of a part': [2, 1],
  'readStream of a large file': [5, undefined],
  writeStream: [3, 1],
  'writeStream of a large file': [7, undefined],
  'writeStream of known large content': [8, 0],
  writeAt: [4, 3],
  'writeAt of a large file': [13, undefined],
  truncate: [3, 1],
  'write of a new file': [2, 1],
  'write of a tiny file': [2, 0],
  'write of a large file': [6, undefined],
  'write of known content': [2, 0],
  'write with missing parents': [2, 1],
  'write that creates only': [2, 1],
  'write over a version': [2, 1],
  append: [3, 2],
  'append to a tiny file': [2, 0],
  'append to a large file': [8, undefined],
  edit: [3, 2],
  'edit that changes nothing': [4, 1],
  writeBatch: [2, 1],
  'write through a link': [2, 1],
  symlink: [2, 0],
  'symlink over a link': [2, 0],
  'symlink over a file': [2, 0],
  chmod: [2, 0],
  'chmod of a directory': [2, 0],
  'chmod through a link': [2, 0],
  utimes: [2, 0],
  'utimes of a directory': [2, 0],
  lstat: [1, 0],
  readlink: [1, 0],
  realpath: [1, 0],
  exists: [1, 0],
  stat: [1, 0],
  list: [1, 0],
  walk: [5, 0],
  mkdir: [2, 0],
  'mkdir with parents': [2, 0],
  rmdir: [2, 0],
  'remove of a file': [2, 0],
  'remove of a tree': [2, 0],
  'restore of a file': [3, 0],
  'restore of a tree': [4, 0],
  'move of a file': [2, 0],
  'move over a file': [2, 0],
  'move of a tree': [2, 0],
  copy: [3, 0],
  'copy over a file': [3, 0],
  versions: [2, 0],
  rollback: [4, 0],
  usage: [13, 0],
  importTree: [7, undefined],
  exportTree: [3, 1],
}

describe('round trips of every operation', () => {
  it('are as many as promised', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nexus-trips-'))
    const local = await makeLocalTree(folder)
    const wrong: string[] = []
    for (const sample of samples) {
      if (sample.operation === 'backup') continue
      await using fixture = await memoryFixture()
      const [metadata, storage] = [new CallMeter(), new CallMeter()]
      const fs = await fixture.open({
        inlineBytes,
        cacheBytes: 0,
        overMetadata: (store) => new MeteredStore(store, metadata),
        overStorage: (backend) => new MeteredBackend(backend, storage),
      })
      await prepareSamples(fs)
      // Makes every directory known to the client, and gets the lease for its uploads.
      await fs.write('/warm', fresh(5000))
      await all(fs.walk('/'))
      metadata.reset()
      storage.reset()
      await sample.run(fs, {}, local)
      const line = promised[sample.name]
      const counted = [metadata.report().roundTrips, storage.report().roundTrips]
      if (line !== undefined && line[1] === undefined) counted.pop()
      if (String(counted) !== String(line?.filter((count) => count !== undefined)))
        wrong.push(`${sample.name}: [${counted}] instead of ${line === undefined ? 'a line above' : `[${line}]`}`)
    }
    await rm(folder, { recursive: true, force: true })
    assert.deepEqual(wrong, [])
  })
})
