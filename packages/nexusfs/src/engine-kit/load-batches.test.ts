import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { utf8 } from '../core/bytes.ts'
import { limits } from '../core/limits.ts'
import { toRevision } from '../core/revision.ts'
import type { MetadataEntry } from '../metadata/metadata-store.ts'
import { loadBatches } from './load-batches.ts'

function entry(item: string, revision = 1, bytes = 1): MetadataEntry {
  return { key: { group: utf8('g'), item: utf8(item) }, value: new Uint8Array(bytes), revision: toRevision(revision) }
}

async function* from(...entries: readonly MetadataEntry[]): AsyncGenerator<MetadataEntry> {
  yield* entries
}

describe('loadBatches', () => {
  it('ends a batch at either limit, and returns the highest revision', async () => {
    const sizes: number[] = []
    const plan = {
      entries: 2,
      bytes: 100,
      signal: undefined,
      insert: (batch: readonly MetadataEntry[]) => void sizes.push(batch.length),
    }
    const highest = await loadBatches(from(entry('a', 3), entry('b', 9), entry('c', 4, 100), entry('d')), plan)
    assert.deepEqual([sizes, highest], [[2, 1, 1], 9])
  })

  it('inserts nothing for no entries', async () => {
    const plan = { entries: 2, bytes: 100, signal: undefined, insert: () => assert.fail('inserted') }
    assert.equal(await loadBatches(from(), plan), 0)
  })

  it('refuses what no commit could have written, and ends when the caller cancels', async () => {
    const plan = { entries: 2, bytes: 100, signal: undefined, insert: () => undefined }
    await assert.rejects(loadBatches(from(entry('a', 1, limits.valueBytes + 1)), plan), { code: 'InvalidArgument' })
    await assert.rejects(loadBatches(from(entry('x'.repeat(600))), plan), { code: 'InvalidArgument' })
    await assert.rejects(loadBatches(from(entry('a')), { ...plan, signal: AbortSignal.abort() }), { code: 'Aborted' })
  })
})
