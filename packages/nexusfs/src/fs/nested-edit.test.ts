import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { MemoryStore } from '../metadata-stores/memory/memory-store.ts'
import { MemoryBackend } from '../storage-backends/memory/memory-backend.ts'
import { NexusFS } from './nexus-fs.ts'

async function open(): Promise<NexusFS> {
  return NexusFS.open({ storage: await MemoryBackend.open(), metadata: await MemoryStore.open(), author: 'ann' })
}

const refusal = { code: 'InvalidArgument', message: /inside the change of an edit of the same path/ }

describe('an edit inside the change of an edit', () => {
  it('of the same path is refused instead of waiting for ever, also as an append, also deeper', async () => {
    await using fs = await open()
    await fs.write('/f', 'as it was')
    await assert.rejects(
      fs.edit('/f', async () => (await fs.edit('//f', () => 'inner')).path),
      refusal,
    )
    await assert.rejects(
      fs.edit('/f', async () => (await fs.append('/f', 'inner')).path),
      refusal,
    )
    const deeper = fs.edit('/f', async () => (await fs.edit('/g', async () => (await fs.append('/f', 'x')).path)).path)
    await assert.rejects(deeper, refusal)
    assert.equal(await fs.readText('/f'), 'as it was')
    assert.equal((await fs.append('/f', ', and goes on')).version, 2)
  })

  it('of another path, or of the same path of another store, is as any other', async () => {
    await using fs = await open()
    await using other = await open()
    await fs.edit('/f', async () => {
      await fs.append('/g', 'g')
      await other.append('/f', 'other')
      return 'f'
    })
    assert.deepEqual(await Promise.all([fs.readText('/f'), fs.readText('/g'), other.readText('/f')]), ['f', 'g', 'other'])
  })

  it('is one by itself once the outer edit is over', async () => {
    await using fs = await open()
    let later: Promise<unknown> | undefined
    await fs.edit('/f', () => {
      later = sleep(20).then(() => fs.append('/f', ' later'))
      return 'first'
    })
    await later
    assert.equal(await fs.readText('/f'), 'first later')
  })
})
