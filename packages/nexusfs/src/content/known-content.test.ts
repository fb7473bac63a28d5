import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { FakeClock, failure, fresh, memoryFixture, type StoreFixture } from '../fs/store.test-fixture.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import { MemoryBackend } from '../storage-backends/memory/memory-backend.ts'
import { InterceptedBackend } from '../testing/intercepted-backend.ts'
import { BlobTrust } from './known-content.ts'

let place: StoreFixture
beforeEach(async () => {
  place = await memoryFixture()
})
afterEach(() => place[Symbol.asyncDispose]())

/** Counts the looks at blobs. */
class Looks extends InterceptedBackend {
  calls = 0

  constructor(inner: StorageBackend) {
    super(inner, (call) => call.run())
  }

  override stat(...args: Parameters<StorageBackend['stat']>): ReturnType<StorageBackend['stat']> {
    this.calls++
    return super.stat(...args)
  }
}

describe('the look at a known blob', () => {
  it('is one call for a whole batch, and is not repeated for what this process has stored, read or looked at just now', async () => {
    const contents = Array.from({ length: 50 }, () => fresh(400))
    const first = await place.open({ inlineBytes: 0 })
    await first.writeBatch(contents.map((bytes, n) => ({ path: `/a/${n}`, content: bytes })))
    await first.close()
    const looks: Looks[] = []
    const clock = new FakeClock()
    const fs = await place.open({
      inlineBytes: 0,
      clock,
      overStorage: (backend) => {
        const over = new Looks(backend)
        looks.push(over)
        return over
      },
    })
    const batch = (folder: string): Promise<unknown> =>
      fs.writeBatch(contents.map((bytes, n) => ({ path: `/${folder}/${n}`, content: bytes })))
    await batch('b')
    assert.equal(looks[0]?.calls, 1)
    await batch('c')
    assert.equal(looks[0]?.calls, 1)
    clock.time += 60_000
    await batch('d')
    assert.equal(looks[0]?.calls, 2)
    const own = fresh(500)
    await fs.write('/own', own)
    await fs.write('/own-again', own)
    await fs.copy('/own', '/own-copy')
    assert.equal(looks[0]?.calls, 2)
  })
})

describe('BlobTrust', () => {
  const key = 'store/blob'

  async function trusting(): Promise<{ trust: BlobTrust; storage: Looks }> {
    const storage = new Looks(await MemoryBackend.open())
    return { trust: new BlobTrust(storage, new FakeClock()), storage }
  }

  it('relies on a blob that is there with its size, and on no other', async () => {
    const { trust, storage } = await trusting()
    assert.equal(await trust.isIntact(key, 3), false)
    await storage.put(key, new Uint8Array(3), { size: 3 })
    assert.equal(await trust.isIntact(key, 4), false)
    assert.equal(await trust.isIntact(key, 3), true)
  })

  it('never relies on what a read found damaged, however it looks, until a read finds it right', async () => {
    const { trust, storage } = await trusting()
    await storage.put(key, new Uint8Array(3), { size: 3 })
    trust.distrust(key)
    assert.equal(await trust.isIntact(key, 3), false)
    assert.equal(storage.calls, 0)
    trust.confirm(key)
    assert.equal(await trust.isIntact(key, 3), true)
  })

  it('lets one caller give up while others wait for the same look', async () => {
    const { trust, storage } = await trusting()
    await storage.put(key, new Uint8Array(3), { size: 3 })
    const cancel = new AbortController()
    const given = failure(() => trust.isIntact(key, 3, cancel.signal))
    const waiting = trust.isIntact(key, 3)
    cancel.abort()
    assert.equal((await given).code, 'Aborted')
    assert.equal(await waiting, true)
    assert.equal(storage.calls, 1)
  })
})
