import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { isNexusError } from '../../core/errors.ts'
import type { MetadataStore } from '../../metadata/metadata-store.ts'
import { MemoryStore } from '../../metadata-stores/memory/memory-store.ts'
import { MemoryBackend } from '../../storage-backends/memory/memory-backend.ts'
import { NexusFS } from '../nexus-fs.ts'

/** A store that says of itself that it may come back from an older copy; its horizon may lag behind, as while a commit is running. */
async function restorable(name: string, lag = 0): Promise<MetadataStore> {
  const store = await MemoryStore.open({ name })
  const info = { ...store.info, capabilities: { ...store.info.capabilities, witness: true } }
  return new Proxy(store, {
    get: (target, property) => {
      if (property === 'info') return info
      if (property === 'horizon') return async () => (await target.horizon()) - lag
      const member: unknown = Reflect.get(target, property)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

/** The same store as it was some time ago. */
async function copyOf(from: string, to: string): Promise<void> {
  const [source, target] = [await MemoryStore.open({ name: from }), await MemoryStore.open({ name: to })]
  const groups = ['m', 'd/'.concat('\0'.repeat(16)), 'l', 't'].map((group) => ({
    group: Buffer.from(group, 'latin1'),
    limit: 1000,
  }))
  const { scan } = await source.read({ scan: groups })
  await target.load(
    (async function* () {
      for (const { entries } of scan) yield* entries
    })(),
  )
}

describe('the witness', () => {
  it('refuses a metadata store that came back from an older copy, and takes it in its newest state', async () => {
    const storage = 'witness-blobs'
    const open = async (metadata: string): Promise<NexusFS> =>
      NexusFS.open({ storage: await MemoryBackend.open({ name: storage }), metadata: await restorable(metadata), author: 'ann' })
    const first = await open('witness-new')
    await first.write('/a', 'one')
    await copyOf('witness-new', 'witness-old')
    await first.write('/a', 'two')
    await first.close()

    await assert.rejects(open('witness-old'), { code: 'Corrupt', context: { reason: 'rolled back', revision: 2, seen: 3 } })
    const again = await open('witness-new')
    assert.equal(await again.readText('/a'), 'two')
    await again.close()
  })

  it('takes a store whose horizon waits for an older commit', async () => {
    const open = async (lag: number): Promise<NexusFS> =>
      NexusFS.open({ storage: await MemoryBackend.open({ name: 'lagging' }), metadata: await restorable('lagging', lag) })
    const first = await open(0)
    await first.write('/a', 'one')
    await first.write('/a', 'two')
    await first.close()
    const again = await open(1)
    assert.equal(await again.readText('/a'), 'two')
    await again.close()
  })

  it('refuses to create a store where the metadata is gone and blobs are left, unless told that they may be of another', async () => {
    const open = async (metadata: string, mayShareStorage?: boolean): Promise<NexusFS> =>
      NexusFS.open({
        storage: await MemoryBackend.open({ name: 'left-behind' }),
        metadata: await restorable(metadata),
        mayShareStorage,
      })
    const first = await open('left-behind')
    await first.write('/a', 'one')
    await first.close()

    await assert.rejects(open('emptied'), (error: unknown) => {
      assert.ok(isNexusError(error, 'Corrupt'))
      assert.equal(error.context.reason, 'rolled back')
      assert.match(error.message, /is empty, .* restore its metadata/)
      return true
    })
    const beside = await open('emptied', true)
    assert.equal(await beside.exists('/a'), false)
    await beside.close()
    const again = await open('left-behind')
    assert.equal(await again.readText('/a'), 'one')
    await again.close()
  })

  it('of several that create it at once, one creates the store and all of them open it', async () => {
    const open = async (): Promise<NexusFS> => {
      const fs = await NexusFS.open({
        storage: await MemoryBackend.open({ name: 'creators' }),
        metadata: await restorable('creators'),
      })
      await fs.write('/a', 'one')
      return fs
    }
    const all = await Promise.all(Array.from({ length: 8 }, open))
    assert.equal(new Set(all.map(({ info }) => info.storeId)).size, 1)
    await Promise.all(all.map((fs) => fs.close()))
  })
})
