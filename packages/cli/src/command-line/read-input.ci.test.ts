import assert from 'node:assert/strict'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { makeQuickFixture, runNexus, temporaryFolder } from '../testing/run-nexus.ts'

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())

describe('a file of 2 GiB', () => {
  it('is written as from standard input, and imported', async () => {
    const cwd = folder.path
    makeQuickFixture(cwd)
    await runNexus(['init', '--store', 'quick'], { cwd })
    writeFileSync(join(cwd, 'large'), 'begin')
    truncateSync(join(cwd, 'large'), 2 ** 31)
    const { code, stdout, stderr } = await runNexus(['write', '/large', 'large'], { cwd })
    assert.deepEqual([code, stderr, stdout], [0, '', 'wrote /large v1, 2.0 GiB\n'])
    const { stdout: json } = await runNexus(['stat', '/large', '--json'], { cwd })
    assert.equal(JSON.parse(json).size, 2 ** 31)
    const imported = await runNexus(['import', 'large', '/imported'], { cwd })
    assert.deepEqual([imported.code, imported.stderr], [0, ''])
    const { stdout: same } = await runNexus(['stat', '/imported', '--json'], { cwd })
    assert.equal(JSON.parse(same).digest, JSON.parse(json).digest)
  })
})
