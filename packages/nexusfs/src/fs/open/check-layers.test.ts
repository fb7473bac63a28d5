import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { MetadataStore } from '../../metadata/metadata-store.ts'
import { MemoryStore } from '../../metadata-stores/memory/memory-store.ts'
import type { StorageBackend } from '../../storage/storage-backend.ts'
import { MemoryBackend } from '../../storage-backends/memory/memory-backend.ts'
import { NexusFS } from '../nexus-fs.ts'
import { failure } from '../store.test-fixture.ts'

/** The same object with one member replaced. */
function replacing<Port extends object>(port: Port, name: string, value: unknown): Port {
  return new Proxy(port, {
    get: (target, key) => {
      if (key === name) return value
      const member: unknown = Reflect.get(target, key)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

async function layers(): Promise<{ storage: StorageBackend; metadata: MetadataStore }> {
  return { storage: await MemoryBackend.open(), metadata: await MemoryStore.open() }
}

describe('opening over adapters', () => {
  it('of another version of a port is Unsupported, and says both versions', async () => {
    for (const layer of ['storage', 'metadata'] as const) {
      const both = await layers()
      const other = replacing(both[layer], 'info', { ...both[layer].info, portVersion: 7 })
      const error = await failure(() => NexusFS.open({ ...both, [layer]: other }))
      assert.equal(error.code, 'Unsupported')
      assert.match(error.message, /"memory" is written for version 7 of its port, and this library has version 1;/)
    }
  })

  it('that lack a member is refused with its name, and both layers are closed', async () => {
    for (const [layer, member] of [
      ['storage', 'stat'],
      ['storage', 'list'],
      ['storage', 'close'],
      ['metadata', 'horizon'],
      ['metadata', 'load'],
      ['metadata', 'info'],
    ] as const) {
      const both = await layers()
      const error = await failure(() => NexusFS.open({ ...both, [layer]: replacing(both[layer], member, undefined) }))
      assert.equal(error.code, 'InvalidArgument')
      assert.match(error.message, member === 'info' ? /must be an open adapter/ : new RegExp(`lacks ${member}\\(\\)`))
      const rest = layer === 'storage' ? both.metadata.horizon() : both.storage.list()
      await assert.rejects(rest, { code: 'Closed' })
    }
  })

  it('that are kept leaves them open if it fails', async () => {
    const both = await layers()
    assert.equal((await failure(() => NexusFS.open({ ...both, cacheBytes: -1, keepLayers: true }))).code, 'InvalidArgument')
    await both.metadata.horizon()
    await both.storage.list()
  })
})
