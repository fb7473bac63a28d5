import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, it } from 'node:test'
import { readUint64 } from 'nexusfs/adapter-kit'
import { LevelStore } from './level-store.ts'

const folder = await mkdtemp(join(tmpdir(), 'level-store-crash-'))
after(() => rm(folder, { recursive: true, force: true }))

it('what was acknowledged is there after the process was killed', async () => {
  const acknowledged: number[] = []
  for (let round = 1; round <= 5; round++) {
    const writer = spawn(process.execPath, [join(import.meta.dirname, 'crash-writer.ts'), folder])
    const ended = once(writer, 'exit')
    for await (const line of createInterface({ input: writer.stdout })) {
      acknowledged.push(Number(line))
      if (acknowledged.length >= 200 * round) writer.kill('SIGKILL')
    }
    await ended
    const kept = await keptRevisions()
    const lost = acknowledged.filter((revision) => !kept.has(revision))
    assert.deepEqual(lost, [], `after round ${round}`)
  }
})

async function keptRevisions(): Promise<ReadonlySet<number>> {
  const store = await LevelStore.open(folder, 'os')
  const { scan } = await store.read({ scan: [{ group: Buffer.from('l'), limit: 10_000 }] })
  await store.close()
  return new Set(scan[0]?.entries.map(({ key }) => readUint64(key.item)))
}
