import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import { MemoryStore } from '../metadata-stores/memory/memory-store.ts'
import { MemoryBackend } from '../storage-backends/memory/memory-backend.ts'
import { NexusFS } from './nexus-fs.ts'

/** A store that says of itself that it may come back from an older copy. */
async function restorable(name: string): Promise<MetadataStore> {
  const store = await MemoryStore.open({ name })
  const info = { ...store.info, capabilities: { ...store.info.capabilities, witness: true } }
  return new Proxy(store, {
    get: (target, property) => {
      if (property === 'info') return info
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
})
