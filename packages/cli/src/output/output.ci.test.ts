import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { binary, makeQuickFixture, runNexus, temporaryFolder } from '../testing/run-nexus.ts'

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())

describe('output to a disk that becomes full (needs root)', () => {
  it('is told when the last write was cut short', async () => {
    assert.equal(process.getuid?.(), 0, 'run this as root: it mounts a file system')
    const cwd = folder.path
    makeQuickFixture(cwd)
    await runNexus(['init', '--store', 'quick'], { cwd })
    await runNexus(['write', '/big', '-'], { cwd, stdin: new Uint8Array(3_000_000) })
    const small = join(cwd, 'small')
    mkdirSync(small)
    const script =
      'mount -t tmpfs -o size=2m nexus-test "$0" && "$1" --conditions=nexus-source "$2" cat /big > "$0/out"; echo $? $(stat -c %s "$0/out")'
    const { stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', script, small, process.execPath, binary], {
      cwd,
      encoding: 'utf8',
    })
    assert.equal(stdout, '8 2097152\n')
    assert.match(stderr, /^nexus: NoSpace: the output is incomplete: [^\n]*\n$/)
  })
})
