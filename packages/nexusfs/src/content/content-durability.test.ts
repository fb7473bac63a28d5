// Guards: content/content-row.ts, content/content-store.ts, content/incoming-content.ts, core/durability.ts

import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { digestOf } from '../core/digest.ts'
import type { NexusFS } from '../fs/nexus-fs.ts'
import { fresh, memoryFixture, orphans, type StoreFixture } from '../fs/store.test-fixture.ts'
import { contentKey } from '../metadata/keyspace.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import { InterceptedBackend } from '../testing/intercepted-backend.ts'
import { type ContentRow, decodeContentRow } from './content-row.ts'

let place: StoreFixture
beforeEach(async () => {
  place = await memoryFixture()
})
afterEach(() => place[Symbol.asyncDispose]())

/** The same backend, with a class of the test's choice. */
class Promising extends InterceptedBackend {
  readonly #durability: 'os' | 'disk'

  constructor(inner: StorageBackend, durability: 'os' | 'disk') {
    super(inner, (call) => call.run())
    this.#durability = durability
  }

  override get info(): StorageBackend['info'] {
    return { ...super.info, durability: this.#durability }
  }
}

/** A process of that class. */
function open(durability: 'os' | 'disk'): Promise<NexusFS> {
  return place.open({ inlineBytes: 0, overStorage: (backend) => new Promising(backend, durability) })
}

async function rowOf(bytes: Uint8Array): Promise<ContentRow> {
  const { get } = await (await place.metadata()).read({ get: [contentKey(digestOf(bytes))] })
  assert.ok(get[0])
  return decodeContentRow(get[0])
}

async function durabilityOf(bytes: Uint8Array): Promise<string> {
  const { location } = await rowOf(bytes)
  return location.kind === 'blob' ? location.durability : location.kind
}

/** Each refers once more to the content of `/known`, and says where. */
const operations: Readonly<Record<string, (fs: NexusFS, content: Uint8Array) => Promise<string>>> = {
  write: async (fs, content) => (await fs.write('/new', content)).path,
  'an overwrite': async (fs, content) => (await fs.write('/known', content)).path,
  writeBatch: async (fs, content) => {
    await fs.writeBatch([{ path: '/new', content }])
    return '/new'
  },
  append: async (fs, content) => {
    await fs.write('/begun', content.slice(0, 2000))
    return (await fs.append('/begun', content.slice(2000))).path
  },
  edit: async (fs, content) => (await fs.edit('/new', () => content)).path,
  copy: async (fs) => (await fs.copy('/known', '/copied')).path,
  rollback: async (fs) => {
    await fs.write('/known', 'another version')
    return (await fs.rollback('/known', 1)).path
  },
}

describe('content that was stored with less durability than this process promises', () => {
  for (const [name, refer] of Object.entries(operations)) {
    it(`is stored again before ${name} relies on it, once`, async () => {
      const content = fresh(3000)
      const weak = await open('os')
      await weak.write('/known', content)
      await weak.close()
      assert.equal(await durabilityOf(content), 'os')
      const strong = await open('disk')
      const path = await refer(strong, content)
      const stored = await rowOf(content)
      assert.equal(await durabilityOf(content), 'disk')
      await strong.write('/once-more', content)
      assert.deepEqual(await rowOf(content), stored)
      await strong.close()
      assert.deepEqual(await (await place.open({ cacheBytes: 0 })).read(path), content)
      assert.deepEqual(await orphans(place), [])
    })
  }

  it('is left as it is by a process that promises no more; and what is more durable by one that promises less', async () => {
    for (const [first, second] of [
      ['os', 'os'],
      ['disk', 'os'],
      ['disk', 'disk'],
    ] as const) {
      const content = fresh(3000)
      await (await open(first)).write('/known', content)
      const before = await rowOf(content)
      await (await open(second)).write('/new', content)
      assert.deepEqual(await rowOf(content), before)
    }
  })
})
