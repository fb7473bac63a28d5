// Guards: knip.json, .ci/packages, packages/*/src/**/*.ts

import assert from 'node:assert/strict'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'vitest'
import { startedPrograms } from './started-programs.ts'

const sources = ['services/*.ts', 'scripts/*.ts', 'tests/**/*.ts', 'packages/*/src/**/*.ts', 'examples/**/*.ts']

/** What a machine has before `.ci/run` begins. */
const given = ['node', 'npm', 'git']

/** Expressions that name a program indirectly, and which ones. */
const indirect: Readonly<Record<string, readonly string[]>> = {
  // And fake-gcs-server, which no package brings: `.ci/install-servers` builds it.
  'services/guarded-server.ts: plan.command': ['postgres', 'redis-server', 'pgbouncer', 'sh'],
  'scripts/update-output.ts: command': ['npm'],
  'tests/power-loss/trial.ts: program': ['node', 'eatmydata'],
  'tests/power-loss/loop-volume.ts: `mkfs.${this.kind}`': ['mkfs.ext4', 'mkfs.xfs'],
  'packages/bench/src/runner/child-worker.ts: program': ['node', 'strace'],
  'packages/conformance/src/other-process/other-process.ts: program': ['node', 'strace'],
  'packages/conformance/src/other-process/syncs.ts: program': ['strace'],
  'packages/bench/src/runner/fsync-counter.ts: program': ['strace'],
  // This node, and runtimes that npm installs.
  'tests/runtimes/runtimes.full.test.ts: program': ['node'],
}

/** The programs of each package that `.ci/run` installs. */
function installed(): ReadonlyMap<string, readonly string[]> {
  const lines = readFileSync('.ci/packages', 'utf8').split('\n')
  const rows = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.trim().split(/\s+/))
  return new Map(rows.map(([name = '', ...programs]) => [name, programs]))
}

/** By program, a file that starts it; without those that npm installs. */
function needed(): { readonly programs: ReadonlyMap<string, string>; readonly unclear: readonly string[] } {
  const programs = new Map<string, string>()
  const unclear: string[] = []
  const fromNpm = new Set(readdirSync('node_modules/.bin'))
  const need = (name: string, file: string): void => {
    if (!given.includes(name) && !fromNpm.has(name)) programs.set(name, file)
  }
  for (const file of globSync(sources, { exclude: (name) => name.includes('node_modules') })) {
    const found = startedPrograms(file)
    for (const name of found.programs) need(name, file)
    for (const expression of found.unclear) {
      const key = `${file}: ${expression}`
      unclear.push(key)
      for (const name of indirect[key] ?? []) need(name, file)
    }
  }
  return { programs, unclear }
}

describe('the external programs that the code starts', () => {
  const { programs, unclear } = needed()

  it('are all told from the code, or from the table above', () => {
    assert.deepEqual(unclear.toSorted(), Object.keys(indirect).toSorted())
  })

  it('are in the one list of packages that the gate installs', () => {
    const listed = new Set([...installed().values()].flat())
    const missing = [...programs].filter(([name]) => !listed.has(name))
    assert.deepEqual(missing, [], 'name them in .ci/packages, beside the Debian package that brings them')
  })

  it('use every package of that list', () => {
    const unused = [...installed()].filter(([, names]) => !names.some((name) => programs.has(name))).map(([name]) => name)
    assert.deepEqual(unused, [])
  })

  it('would not go unseen: a call, a renamed import, a wrapper and a promise are all noticed', () => {
    const text = `
      import { execFile, spawn as start } from 'node:child_process'
      const run = promisify(execFile)
      function call(program: string, words: string[]) { start(program, words) }
      run('one', [])
      start('/usr/bin/two')
      call('three', [])
      call(words[0], [])
      start(join(folder, 'four'))`
    const { programs: found, unclear: hidden } = startedPrograms('planted.ts', text)
    assert.deepEqual([...found].sort(), ['four', 'one', 'three', 'two'])
    assert.deepEqual([...hidden], ['words[0]'])
  })
})
