// Guards: content/*.ts, metadata-stores/sqlite/*.ts, storage-backends/local/*.ts

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { isNexusError, type NexusFS, openNexus } from '../../packages/nexusfs/src/index.ts'
import { LoopVolume } from './loop-volume.ts'

const files = 20
const size = 30_000

/** Bytes that no other number has. */
function content(n: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.alloc(size, createHash('sha256').update(`${n}`).digest()))
}

/** So that content of this size is kept in blobs. */
const small = { config: false, env: {}, inlineBytes: 4096 } as const

describe('a store that processes of class os and of class disk use in turn', () => {
  const volume = new LoopVolume('ext4')
  afterAll(() => volume[Symbol.dispose]())

  it('keeps through a power loss what class disk acknowledged, also of content that class os stored', {
    timeout: 180_000,
  }, async () => {
    volume.format()
    const root = join(volume.mountPoint, 'store')
    await openNexus(root, small).then((creator) => creator.close())
    await using weak = await openNexus(root, { ...small, durability: 'os' })
    for (let n = 0; n < files; n++) await weak.write(`/os/${n}`, content(n))
    await weak.write('/os/only', content(files))
    await weak.close()

    const strong = await openNexus(root, small)
    assert.equal(strong.info.durability, 'disk')
    for (let n = 0; n < files; n++) await acknowledge(strong, n)
    volume.cutPower()
    await strong.close().catch(() => undefined)
    volume.unmount()
    volume.mount()

    const reader = await openNexus(root, { ...small, create: false, cacheBytes: 0 })
    for (let n = 0; n < files; n++) assert.deepEqual(await reader.read(`/disk/${n}`), content(n), `/disk/${n}`)
    // What class os alone wrote is lost: the power did go before anybody had synced it.
    const only = await reader.read('/os/only').catch((error: unknown) => isNexusError(error) && error.code)
    assert.equal(only, 'Corrupt')
    await reader.close()
  })
})

/** In every way that refers to content. */
async function acknowledge(nexus: NexusFS, n: number): Promise<void> {
  const path = `/disk/${n}`
  if (n % 4 === 0) await nexus.write(path, content(n))
  else if (n % 4 === 1) await nexus.copy(`/os/${n}`, path)
  else if (n % 4 === 2) await nexus.writeBatch([{ path, content: content(n) }])
  else {
    await nexus.write(path, content(n).subarray(0, 20_000))
    await nexus.append(path, content(n).subarray(20_000))
  }
}
