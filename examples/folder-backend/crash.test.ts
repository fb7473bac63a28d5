import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, it } from 'node:test'
import { FolderBackend } from './folder-backend.ts'

const folder = await mkdtemp(join(tmpdir(), 'folder-backend-crash-'))
after(() => rm(folder, { recursive: true, force: true }))

it('what was acknowledged is there, and all that is there is whole, after the process was killed', async () => {
  const acknowledged: string[] = []
  for (let round = 1; round <= 5; round++) {
    const writer = spawn(process.execPath, [join(import.meta.dirname, 'crash-writer.ts'), folder])
    const ended = once(writer, 'exit')
    for await (const key of createInterface({ input: writer.stdout })) {
      acknowledged.push(key)
      if (acknowledged.length >= 100 * round) writer.kill('SIGKILL')
    }
    await ended
    const kept = await wholeKeys()
    const lost = acknowledged.filter((key) => !kept.has(key))
    assert.deepEqual(lost, [], `after round ${round}`)
  }
})

async function wholeKeys(): Promise<ReadonlySet<string>> {
  const backend = await FolderBackend.open(folder)
  const keys = new Set<string>()
  for (let after = ''; ; ) {
    const { blobs, next } = await backend.list({ after })
    for (const { key } of blobs) {
      const text = Buffer.from(await backend.get(key)).toString()
      assert.ok(text === key.repeat(10_000), `${key} is not whole`)
      keys.add(key)
    }
    if (next === undefined) break
    after = next
  }
  await backend.close()
  return keys
}
