// Guards: fs/transfer/local-survey.ts

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'vitest'

it('a look at 100,000 files takes no more memory than one at a few', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-survey-'))
  try {
    for (let d = 0; d < 100; d++) {
      mkdirSync(join(folder, `d${d}`))
      for (let f = 0; f < 1000; f++) closeSync(openSync(join(folder, `d${d}`, `a-file-with-a-name-${f}`), 'w'))
    }
    const script = `import { NexusFS, MemoryStore, MemoryBackend } from 'nexusfs'
      const nexus = await NexusFS.open({ storage: await MemoryBackend.open(), metadata: await MemoryStore.open() })
      const look = async (source) => {
        const { files } = await nexus.importTree(source, '/t', { dryRun: true })
        return [files, process.resourceUsage().maxRSS * 1024]
      }
      for (let round = 0; round < 10; round++) await look(${JSON.stringify(join(folder, 'd0'))})
      console.log(JSON.stringify([await look(${JSON.stringify(join(folder, 'd0'))}), await look(${JSON.stringify(folder)})]))`
    const args = ['--conditions=nexus-source', '--input-type=module', '-e', script]
    const output = execFileSync(process.execPath, args, { encoding: 'utf8', cwd: import.meta.dirname })
    const [few, many]: readonly (readonly [files: number, bytes: number])[] = JSON.parse(output)
    assert.deepEqual([few?.[0], many?.[0]], [1000, 100_000])
    const growth = Number(many?.[1]) - Number(few?.[1])
    assert.ok(growth < 80e6, `${growth / 1e6} MB more`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 300_000)
