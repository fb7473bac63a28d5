// Guards: fs/transfer/*.ts

import assert from 'node:assert/strict'
import { lstat, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openNexus } from 'nexusfs'
import { it } from 'vitest'

const folders = 100
const filesInEach = 100

it('a second import of 10,000 unchanged files takes less than a fifth of the first, and stages nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-second-'))
  try {
    const source = join(folder, 'source')
    for (let d = 0; d < folders; d++) {
      await mkdir(join(source, `d${d}`), { recursive: true })
      for (let f = 0; f < filesInEach; f++) await writeFile(join(source, `d${d}`, `f${f}`), `file ${d} ${f} `.padEnd(1000, 'x'))
    }
    const ratios: number[] = []
    for (let round = 0; round < 3; round++) {
      const data = join(folder, `data${round}`)
      await using nexus = await openNexus(data, { durability: 'os', config: false })
      const first = await processorTime(() => nexus.importTree(source, '/t'))
      await witnessLeft(data)
      const before = await lstat(join(data, 'tmp'))
      const second = await processorTime(async () => {
        const { unchanged, files, failed } = await nexus.importTree(source, '/t')
        assert.deepEqual([unchanged, files, failed], [folders * filesInEach, folders * filesInEach, 0])
      })
      assert.equal((await lstat(join(data, 'tmp'))).mtimeMs, before.mtimeMs)
      ratios.push(second / first)
    }
    assert.ok(Math.min(...ratios) < 0.2, `ratios ${ratios.map((ratio) => ratio.toFixed(3)).join(', ')}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 300_000)

/** The first commit of a process leaves a blob that is a witness of the database, in the background and by way of `tmp`. */
async function witnessLeft(data: string): Promise<void> {
  for (;;) {
    const blobs = await readdir(join(data, 'blobs'), { recursive: true })
    if (blobs.some((name) => /witness.+[0-9]{16}$/.test(name))) return
    await sleep(5)
  }
}

/** Of all threads of the process, in milliseconds: other work of the machine does not count. */
async function processorTime(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
