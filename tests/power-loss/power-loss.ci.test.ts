// Guards: fs/commit/*.ts, metadata-stores/sqlite/*.ts, storage-backends/local/*.ts

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { type FileSystemKind, LoopVolume } from './loop-volume.ts'
import { runTrials } from './run-trials.ts'
import { verifyNexus } from './verify-nexus.ts'

const writer = join(import.meta.dirname, 'nexus-writer.ts')

describe.each(['ext4', 'xfs'] satisfies FileSystemKind[])(
  'a power loss under a file system on local disk and SQLite, on %s',
  (kind) => {
    const volume = new LoopVolume(kind)
    afterAll(() => volume[Symbol.dispose]())

    it('loses nothing that was acknowledged, and leaves nothing in part', { timeout: 300_000 }, async () => {
      const { problems } = await runTrials(volume, { writer, verify: verifyNexus, trials: 20 })
      assert.deepEqual(problems, [])
    })

    it('loses something if fsync does nothing: the trials can see a loss', { timeout: 300_000 }, async () => {
      const { failedTrials } = await runTrials(volume, {
        writer,
        verify: verifyNexus,
        trials: 20,
        withoutSync: true,
        untilLoss: true,
      })
      assert.ok(failedTrials > 0)
    })
  },
)
