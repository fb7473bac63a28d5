// Guards: content/body-buffers.ts, content/content-cache.ts, fs/resolve/directory-hints.ts, metadata-stores/sqlite/read-cache.ts

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, it } from 'vitest'

const run = promisify(execFile)
const flatFiles = 120_000

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-memory-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/**
 * The last value of a program that works on a store of its own, in a process of its own. V8 is kept from guessing which objects will live
 * long: one collection in the middle of a page makes it put all entries into its old space, which it then clears at 150 MB only, in one run
 * of two. What is measured is what Nexus keeps, and what it leaves to the collector at once.
 */
async function resultOf(store: string, work: string): Promise<number> {
  const script = `import { openNexus } from 'nexusfs'
    const nexus = await openNexus(${JSON.stringify(join(folder, store))}, { durability: 'os' })
    const megabytes = await (async () => { ${work} })()
    await nexus.close()
    console.log(megabytes)`
  const args = [
    '--expose-gc',
    '--no-allocation-site-pretenuring',
    '--conditions=nexus-source',
    '--input-type=module',
    '--eval',
    script,
  ]
  const { stdout } = await run(process.execPath, args, { cwd: import.meta.dirname })
  return Number(stdout)
}

describe('the memory of a process', () => {
  it('keeps no buffers of what it wrote, in however many directories', async () => {
    const kept = await resultOf(
      'directories',
      `for (let n = 0; n < 15_000; n++) await nexus.write(\`/d\${Math.floor(n / 20)}/file-\${n}\`, \`content \${n}\`)
      gc(); gc()
      return process.memoryUsage().arrayBuffers / 1e6`,
    )
    assert.ok(kept < 4, `${kept} MB of buffers are kept`)
  }, 120_000)

  it(`stays below 260 MB while it counts, lists and walks a directory of ${flatFiles} files`, async () => {
    await resultOf(
      'flat',
      `for (let from = 0; from < ${flatFiles}; from += 1000)
        await nexus.writeBatch(Array.from({ length: 1000 }, (_, n) => ({ path: \`/flat/file-\${from + n}\`, content: 'content' })))
      return 0`,
    )
    const peak = await resultOf(
      'flat',
      `let files = (await nexus.usage('/')).files
      for await (const entry of nexus.list('/flat')) files++
      for await (const entry of nexus.walk('/flat')) files++
      if (files !== ${3 * flatFiles}) throw new Error(\`\${files} files\`)
      return process.resourceUsage().maxRSS / 1000`,
    )
    assert.ok(peak < 260, `${peak} MB at most`)
  }, 120_000)
})
