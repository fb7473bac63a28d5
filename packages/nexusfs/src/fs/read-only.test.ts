// Guards: core/read-only-reason.ts, fs/open/open-file-system.ts, fs/operations/calls.ts

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { InterceptedBackend } from '../testing/intercepted-backend.ts'
import { InterceptedStore } from '../testing/intercepted-store.ts'
import type { PortCall } from '../testing/port-call.ts'
import { type LocalFolders, makeLocalTree, prepareSamples, samples } from './operation-samples.test-fixture.ts'
import { failure, memoryFixture } from './store.test-fixture.ts'

let folder = ''
let local: LocalFolders

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-read-only-'))
  local = await makeLocalTree(folder)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Stores in memory have no backup. */
const calls = samples.filter(({ operation }) => operation !== 'backup')

describe('a file system opened with readOnly', () => {
  it('refuses every change before it asks a layer for anything, and answers everything else', async () => {
    await using fixture = await memoryFixture()
    await prepareSamples(await fixture.open())
    const called: string[] = []
    const note = <T>(call: PortCall<T>): Promise<T> => {
      called.push(call.method)
      return call.run()
    }
    const fs = await fixture.open({
      readOnly: true,
      overMetadata: (store) => new InterceptedStore(store, note),
      overStorage: (backend) => new InterceptedBackend(backend, note),
    })
    assert.match(fs.info.readOnly?.why ?? '', /readOnly/)
    for (const { name, mutates, run } of calls) {
      called.length = 0
      if (!mutates) {
        await run(fs, {}, local)
        continue
      }
      const error = await failure(() => run(fs, {}, local))
      assert.deepEqual([error.code, error.context.outcome, called], ['ReadOnly', 'none', []], name)
      assert.match(error.message, /the store takes no writes: it was opened with readOnly; open it without/)
    }
    called.length = 0
    await fs.close()
    assert.deepEqual(called, [])
  })

  it('looks what an import would change, as a dry run', async () => {
    await using fixture = await memoryFixture()
    await prepareSamples(await fixture.open())
    const fs = await fixture.open({ readOnly: true })
    const report = await fs.importTree(local.source, '/d/new', { dryRun: true })
    assert.equal(report.files, 2)
  })

  it('creates no store', async () => {
    await using fixture = await memoryFixture()
    assert.equal((await failure(() => fixture.open({ readOnly: true }))).code, 'NotFound')
  })
})

describe('a layer that takes no writes', () => {
  it('makes the file system read-only, for the reason that the layer gives', async () => {
    await using fixture = await memoryFixture()
    await (await fixture.open()).write('/a', 'x')
    class Sealed extends InterceptedBackend {
      override get info() {
        return { ...this.inner.info, readOnly: { why: 'the shelf is sealed', advice: 'break the seal' } }
      }
    }
    const fs = await fixture.open({ overStorage: (backend) => new Sealed(backend, (call) => call.run()) })
    assert.equal(fs.info.readOnly?.why, 'the shelf is sealed')
    const error = await failure(() => fs.write('/a', 'y'))
    assert.equal(error.message, 'write /a: the store takes no writes: the shelf is sealed; break the seal')
    assert.equal(await fs.readText('/a'), 'x')
  })
})
