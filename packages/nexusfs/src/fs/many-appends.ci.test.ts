// Guards: content/content-hashes.ts, content/extended-content.ts, content/stored-extension.ts, fs/operations/edit.ts

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'vitest'
import { CallMeter, MeteredBackend } from '../testing/call-meter.ts'
import { all, fresh, localFixture, memoryFixture, orphans } from './store.test-fixture.ts'

const appends = 10_000
const bytesEach = 200

describe('a file that grows by many small appends', () => {
  it('is stored in less than 10 times its size, and the last appends cost no more than 3 times the first', async () => {
    await using fixture = await localFixture()
    const fs = await fixture.open()
    const hash = createHash('sha256')
    const costs: number[] = []
    for (let n = 0; n < appends; n++) {
      const line = fresh(bytesEach)
      hash.update(line)
      const before = process.cpuUsage()
      await fs.append('/log', line)
      const { user, system } = process.cpuUsage(before)
      costs.push(user + system)
    }
    const { logicalBytes, storedBytes = 0, versions } = await fs.usage('/')
    assert.deepEqual([logicalBytes, versions], [appends * bytesEach, appends])
    assert.ok(storedBytes < 10 * logicalBytes, `${(storedBytes / logicalBytes).toFixed(1)} times its size`)
    const [first, last] = [costs.slice(500, 1500), costs.slice(-1000)].map((some) => some.sort((a, b) => a - b)[500] ?? 0)
    assert.ok(first !== undefined && last !== undefined && last <= 3 * first, `${first} us at first, ${last} us at last`)
    const digest = `sha256:${hash.digest('hex')}`
    const again = await fixture.open({ cacheBytes: 0 })
    assert.equal(
      `sha256:${createHash('sha256')
        .update(await again.read('/log'))
        .digest('hex')}`,
      digest,
    )
    assert.equal(((await again.stat('/log')) as { digest?: string }).digest, digest)
  }, 180_000)

  it('has every version as it was, whatever the sizes of the appends', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open({ cacheBytes: 0 })
    const sizes = [20_000, 1, 200, 200, 5, 40_000, 40_000, 3, 90_000, 1, 100_000, 70_000, 200, 800_000, 10, 30_000, 40_000, 3_000]
    const versions: Buffer[] = []
    for (const size of sizes) {
      const tail = fresh(size)
      const { digest } = await fs.append('/log', tail)
      versions.push(Buffer.concat([versions.at(-1) ?? Buffer.alloc(0), tail]))
      assert.equal(
        digest,
        `sha256:${createHash('sha256')
          .update(versions.at(-1) ?? '')
          .digest('hex')}`,
      )
    }
    const other = await fixture.open({ cacheBytes: 0 })
    for (const [index, want] of versions.entries()) {
      const version = index + 1
      assert.ok(want.equals(await other.read('/log', { version })), `version ${version}`)
      assert.ok(want.equals(Buffer.concat(await all(other.readStream('/log', { version })))), `version ${version}, streamed`)
      for (const start of [0, want.length - 1, Math.floor(want.length / 2), 20_000]) {
        const range = await other.readRange('/log', { version, start, length: 300 })
        assert.ok(want.subarray(start, start + 300).equals(range), `version ${version} from ${start}`)
      }
    }
    const appended = await other.append('/log', 'by another process')
    assert.equal(appended.size, (versions.at(-1)?.length ?? 0) + 18)
    await Promise.all([fs.close(), other.close()])
    assert.deepEqual(await orphans(fixture), [])
  })

  it('and is large is not read for it: an append to 100 MB looks at one chunk at most, and stores a little', async () => {
    await using fixture = await memoryFixture()
    const meter = new CallMeter()
    const fs = await fixture.open({ cacheBytes: 0, overStorage: (backend) => new MeteredBackend(backend, meter) })
    await fs.writeStream(
      '/large',
      (function* () {
        for (let n = 0; n < 100; n++) yield fresh(1_000_000)
      })(),
    )
    const before = (await fs.usage('/')).storedBytes ?? 0
    meter.reset()
    for (let n = 0; n < 5; n++) await fs.append('/large', fresh(1000))
    const { get, put } = meter.report().methods
    assert.deepEqual([get?.calls ?? 0, put?.calls ?? 0], [0, 0])
    await fs.append('/large', fresh(100_000))
    assert.ok((meter.report().methods.get?.calls ?? 0) <= 1)
    assert.ok(((await fs.usage('/')).storedBytes ?? 0) - before < 1_000_000)
    assert.equal((await fs.readRange('/large', { start: 99_999_990, length: 2000 })).length, 2000)
  }, 60_000)
})
