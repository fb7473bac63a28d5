import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { exampleResultFile } from '../testing/example-result-file.ts'
import { isRunName, nextResultPath, readResultFile, writeResultFile } from './result-store.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(os.tmpdir(), 'nexus-results-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the store of results', () => {
  it('numbers the runs of a machine', async () => {
    const first = await nextResultPath(folder, 'aaa', 'quick')
    assert.equal(basename(first), '0001_quick.json')
    await writeResultFile(first, exampleResultFile())
    assert.equal(basename(await nextResultPath(folder, 'aaa', 'v1')), '0002_v1.json')
    assert.equal(basename(await nextResultPath(folder, 'bbb', 'v1')), '0001_v1.json')
  })

  it('reads what it wrote, and leaves nothing else behind', async () => {
    const path = join(folder, 'ccc', 'run.json')
    await writeResultFile(path, exampleResultFile())
    assert.deepEqual(await readResultFile(path), JSON.parse(JSON.stringify(exampleResultFile())))
    assert.deepEqual(await readdir(join(folder, 'ccc')), ['run.json'])
  })

  it('refuses what is not a result file', async () => {
    const path = join(folder, 'other.json')
    await assert.rejects(readResultFile(join(folder, 'none.json')), { code: 'NotFound' })
    await writeFile(path, '{"schema":"nexus-bench/2"}')
    await assert.rejects(readResultFile(path), { code: 'InvalidArgument', message: /not a result file/ })
    await writeFile(path, '{')
    await assert.rejects(readResultFile(path), { code: 'InvalidArgument', message: /is not JSON/ })
  })

  it('takes names that are safe as file names', () => {
    assert.ok(isRunName('v0.3.0_base-1'))
    for (const name of ['', '../x', '.hidden', 'a b', 'x'.repeat(65)]) assert.ok(!isRunName(name), name)
  })
})
