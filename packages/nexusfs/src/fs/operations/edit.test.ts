import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { parsePath } from '../../core/path.ts'
import { KeyedMutex } from '../../engine-kit/keyed-mutex.ts'
import { MemoryStore } from '../../metadata-stores/memory/memory-store.ts'
import { MemoryBackend } from '../../storage-backends/memory/memory-backend.ts'
import { NexusFS } from '../nexus-fs.ts'
import { depthOfEdits, partOfEdit } from './edit.ts'

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

  it('in a circle ends: a turn that takes too long is not waited for', async () => {
    await using fs = await open()
    const one = fs.edit('/a', async (before) => {
      await sleep(20)
      if (before === undefined) await fs.append('/b', 'from one')
      return 'a'
    })
    const two = fs.edit('/b', async (before) => {
      await sleep(20)
      if (before === undefined) await fs.append('/a', 'from two')
      return 'b'
    })
    const third = fs.append('/a', '!')
    const began = performance.now()
    await Promise.all([one, two, third])
    assert.ok(performance.now() - began < 10_000)
    assert.match(await fs.readText('/a'), /^a/)
  })

  it('that never ends keeps nobody else from the path', async () => {
    await using fs = await open()
    const controller = new AbortController()
    const stuck = fs.edit('/f', () => new Promise<string>(() => undefined), { signal: controller.signal })
    assert.equal((await fs.append('/f', 'x')).version, 1)
    assert.equal((await fs.append('/f', 'y')).version, 2)
    controller.abort()
    await assert.rejects(stuck, { code: 'Aborted' })
  })

  it('begun again and again by what each leaves behind, does not remember those that are over', async () => {
    const turns = new KeyedMutex({ operation: 'write', longestTurnMs: 1_000 })
    const depths: number[] = []
    const path = parsePath('/state')
    const { promise, resolve } = Promise.withResolvers<void>()
    const step = async (n: number): Promise<void> => {
      if (n === 20) return resolve()
      await partOfEdit(turns, path, async () => {
        depths.push(depthOfEdits())
        setImmediate(() => void step(n + 1))
      })
    }
    void step(0)
    await promise
    assert.deepEqual(depths, Array(20).fill(1))
  })
})

describe('close inside the change of an edit', () => {
  it('is refused, and the edit goes on', async () => {
    const fs = await open()
    await fs.edit('/f', async () => {
      await assert.rejects(fs.close(), { code: 'InvalidArgument', message: /inside the change of an edit of \/f/ })
      return 'x'
    })
    assert.equal(await fs.readText('/f'), 'x')
    await fs.close()
  })
})
