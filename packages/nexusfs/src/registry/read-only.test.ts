// Guards: registry/locate-store.ts, registry/open-layers.ts, registry/open-nexus.ts

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { makeLocalTree, prepareSamples, samples } from '../fs/operation-samples.test-fixture.ts'
import { failure } from '../fs/store.test-fixture.ts'
import type { NexusConfig } from './config.ts'
import { openNexus } from './open-nexus.ts'

let base = ''
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'nexus-read-only-'))
})
afterAll(() => rm(base, { recursive: true, force: true }))

const quiet = { env: {}, config: false, durability: 'os' } as const

/** Each file with its bytes and time, each folder with its time. */
async function stateOf(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  const lines = found.map(async (each) => {
    const path = join(each.parentPath, each.name)
    const content = each.isFile()
      ? createHash('sha256')
          .update(await readFile(path))
          .digest('hex')
      : ''
    return `${path} ${content} ${(await stat(path)).mtimeMs}`
  })
  return (await Promise.all(lines)).sort()
}

describe('openNexus with readOnly', () => {
  it('reads, exports and backs up a folder, refuses every change, and leaves the folder as it was to the byte', async () => {
    const folder = join(base, 'whole')
    await using made = await openNexus(folder, quiet)
    await prepareSamples(made)
    await made.close()
    const before = await stateOf(folder)
    const local = await makeLocalTree(join(base, 'local'))
    await using nexus = await openNexus(folder, { ...quiet, readOnly: true })
    assert.match(nexus.info.metadata.readOnly?.why ?? '', /readOnly/)
    assert.match(nexus.info.storage.readOnly?.why ?? '', /readOnly/)
    for (const { name, mutates, run } of samples) {
      if (!mutates) await run(nexus, {}, local)
      else assert.equal((await failure(() => run(nexus, {}, local))).code, 'ReadOnly', name)
    }
    await nexus.close()
    assert.deepEqual(await stateOf(folder), before)
  })

  it('makes nothing, and refuses create beside it', async () => {
    const folder = join(base, 'absent')
    assert.equal((await failure(() => openNexus(folder, { ...quiet, readOnly: true }))).code, 'NotFound')
    assert.deepEqual((await readdir(base)).includes('absent'), false)
    const both = await failure(() => openNexus(folder, { ...quiet, readOnly: true, create: true }))
    assert.deepEqual([both.code, /readOnly and create/.test(both.message)], ['InvalidArgument', true])
  })

  it('is taken from the config, unless the call says otherwise', async () => {
    const archive = { storage: 'local:archive', metadata: 'sqlite:archive/meta.db', durability: 'os', readOnly: true } as const
    const config: NexusConfig = { store: 'archive', stores: { archive } }
    const around = { env: {}, config: { config, file: join(base, 'nexus.config.ts'), folder: base } }
    {
      await using nexus = await openNexus({ ...around, readOnly: false })
      await nexus.write('/a', 'x')
    }
    await using nexus = await openNexus(around)
    assert.equal(await nexus.readText('/a'), 'x')
    assert.equal((await failure(() => nexus.write('/a', 'y'))).code, 'ReadOnly')
  })
})
