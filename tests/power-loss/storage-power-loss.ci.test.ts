// Guards: storage-backends/local/*.ts

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { isNexusError } from '../../packages/nexusfs/src/core/errors.ts'
import { LocalBackend } from '../../packages/nexusfs/src/storage-backends/local/local-backend.ts'
import { type FileSystemKind, LoopVolume } from './loop-volume.ts'
import { runTrials } from './run-trials.ts'

const writer = join(import.meta.dirname, 'storage-writer.ts')

async function verify(root: string, lines: readonly string[]): Promise<string[]> {
  const problems: string[] = []
  let backend: LocalBackend
  try {
    backend = await LocalBackend.open({ root, durability: 'os', create: false })
  } catch (error) {
    return [`the whole root: ${String(error)}`]
  }
  for (const line of lines) {
    const [key = '', digest] = line.split(' ')
    try {
      const actual = createHash('sha256')
        .update(await backend.get(key))
        .digest('hex')
      if (actual !== digest) problems.push(`${key} has the digest ${actual} instead of ${digest}`)
    } catch (error) {
      problems.push(`${key}: ${isNexusError(error) ? error.code : String(error)}`)
    }
  }
  await backend.close()
  return problems
}

describe.each(['ext4', 'xfs'] satisfies FileSystemKind[])('a power loss under LocalBackend on %s', (kind) => {
  const volume = new LoopVolume(kind)
  afterAll(() => volume[Symbol.dispose]())

  it('loses nothing that was acknowledged', { timeout: 180_000 }, async () => {
    const summary = await runTrials(volume, { writer, verify, trials: 20 })
    assert.deepEqual(summary.problems, [])
  })

  it('loses something if fsync does nothing: the trials can see a loss', { timeout: 180_000 }, async () => {
    const summary = await runTrials(volume, { writer, verify, trials: 20, withoutSync: true, untilLoss: true })
    assert.ok(summary.failedTrials > 0)
  })

  it.each(['no-file-fsync', 'no-folder-fsync'])('loses something with %s', { timeout: 180_000 }, async (forgotten) => {
    const summary = await runTrials(volume, { writer, verify, trials: 20, parameters: [forgotten], untilLoss: true })
    assert.ok(summary.failedTrials > 0)
  })
})
