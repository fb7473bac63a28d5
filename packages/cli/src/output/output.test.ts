import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { binary, makeQuickFixture, runNexus, temporaryFolder } from '../testing/run-nexus.ts'

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const cwd = folder.path

beforeAll(async () => {
  makeQuickFixture(cwd)
  await runNexus(['init', '--store', 'quick'], { cwd })
  await runNexus(['write', '/big', '-'], { cwd, stdin: new Uint8Array(3_000_000) })
})

/** Runs the real command with a device or a descriptor of this process for its standard output. */
function runInto(stdout: number | string, argv: readonly string[]): { readonly code: number | null; readonly stderr: string } {
  const descriptor = typeof stdout === 'string' ? openSync(stdout, 'w') : stdout
  try {
    const { status, stderr } = spawnSync(process.execPath, ['--conditions=nexus-source', binary, ...argv], {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', descriptor, 'pipe'],
    })
    return { code: status, stderr }
  } finally {
    if (typeof stdout === 'string') closeSync(descriptor)
  }
}

describe.skipIf(!existsSync('/dev/full'))('output to a full device', () => {
  it('ends every kind of answer with NoSpace, one line and exit code 8', () => {
    for (const line of ['cat /big', 'ls -l', '--version', 'ls --help']) {
      const { code, stderr } = runInto('/dev/full', line.split(' '))
      assert.deepEqual(
        [code, stderr],
        [
          8,
          'nexus: NoSpace: the output is incomplete: standard output cannot be written: no space is left there; free some and run it again\n',
        ],
        line,
      )
    }
  })

  it('is told in JSON with --json', () => {
    const { code, stderr } = runInto('/dev/full', ['ls', '--json'])
    assert.equal(code, 8)
    const { error } = JSON.parse(stderr)
    assert.deepEqual([error.code, error.exit, error.retry], ['NoSpace', 8, 'safe'])
  })

  it('does not hide that a change was made', () => {
    for (const argv of [
      ['write', '/new', '--text', 'x'],
      ['rm', '/new', '--json'],
    ]) {
      const { code, stderr } = runInto('/dev/full', argv)
      assert.equal(code, 8)
      assert.match(stderr, /the change is made, its report is lost/)
    }
  })

  it('leaves an earlier error as it is', () => {
    const { code, stderr } = runInto('/dev/full', ['cat', '/absent'])
    assert.equal(code, 3)
    assert.match(stderr, /^nexus: NotFound: [^\n]*\n$/)
  })
})

describe('other outputs', () => {
  it('that are not open for writing are told', () => {
    const descriptor = openSync(binary, 'r')
    const { code, stderr } = runInto(descriptor, ['ls'])
    closeSync(descriptor)
    assert.equal(code, 8)
    assert.match(stderr, /^nexus: Unavailable: .*it is not open for writing; send it elsewhere and run it again\n$/)
  })

  it('that are closed count as nobody reading: Node opens /dev/null in their place', () => {
    const script = `${JSON.stringify(process.execPath)} --conditions=nexus-source ${JSON.stringify(binary)} cat /big >&-`
    const { status, stderr } = spawnSync('sh', ['-c', script], { cwd, encoding: 'utf8' })
    assert.deepEqual([status, stderr], [0, ''])
  })
})
