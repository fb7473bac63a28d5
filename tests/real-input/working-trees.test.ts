// Guards: fs/transfer/*.ts

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openNexus } from 'nexusfs'
import { afterEach, beforeEach, describe, it } from 'vitest'

// Trees as people have them: what goes in comes out the same, with links, modes and times.

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-trees-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const run = (command: string, args: readonly string[], cwd = folder): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8' })

/** Path, type, mode, time to the microsecond and target of everything in a tree. */
function facts(tree: string): readonly string[] {
  const lines = run('find', [tree, '-printf', '%P\\0%y %m %l %T@\\n']).split('\n')
  return lines.map((line) => line.replace(/(\.\d{6})\d*$/, '$1')).sort()
}

async function assertComesOutAsItWentIn(tree: string): Promise<void> {
  const out = join(folder, 'out')
  await using nexus = await openNexus(join(folder, 'data'), { durability: 'os', config: false })
  const imported = await nexus.importTree(tree, '/tree')
  assert.deepEqual(imported.leftOut, [])
  const exported = await nexus.exportTree('/tree', out)
  assert.deepEqual([exported.files, exported.links, exported.leftOut], [imported.files, imported.links, []])
  run('diff', ['-r', '--no-dereference', tree, out])
  assert.deepEqual(facts(out), facts(tree))
  const again = await nexus.importTree(out, '/tree')
  assert.equal(again.unchanged, imported.files + imported.links)
}

describe('a tree comes out as it went in', () => {
  it('node_modules with programs in .bin', async () => {
    const modules = join(folder, 'node_modules')
    await mkdir(join(modules, '.bin'), { recursive: true })
    cpSync(join(import.meta.dirname, '../../node_modules/typescript'), join(modules, 'typescript'), {
      recursive: true,
      preserveTimestamps: true,
      verbatimSymlinks: true,
    })
    for (const name of ['tsc', 'tsserver']) await symlink(`../typescript/bin/${name}`, join(modules, '.bin', name))
    await assertComesOutAsItWentIn(modules)
  })

  it('a git repository with links, programs and odd modes; git finds it clean', async () => {
    const repository = join(folder, 'repository')
    await mkdir(join(repository, 'src'), { recursive: true })
    await writeFile(join(repository, 'src', 'a'), 'a')
    await writeFile(join(repository, 'run'), '#!/bin/sh\n', { mode: 0o755 })
    await symlink('src/a', join(repository, 'to-file'))
    await symlink('src', join(repository, 'to-folder'))
    await symlink('/nowhere/at/all', join(repository, 'to-nothing'))
    const git = (...args: string[]): string =>
      run('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', '-c', 'commit.gpgsign=false', ...args], repository)
    git('init', '-q')
    git('add', '.')
    git('commit', '-qm', 'one')
    await writeFile(join(repository, 'src', 'a'), 'b')
    git('commit', '-qam', 'two')
    git('gc', '-q')
    await chmod(join(repository, 'src', 'a'), 0o640)
    await utimes(join(repository, 'src'), 1.5, 1.5)
    await assertComesOutAsItWentIn(repository)
    const out = join(folder, 'out')
    run('git', ['fsck', '--strict'], out)
    assert.equal(run('git', ['-c', 'core.fileMode=true', 'status', '--porcelain'], out), '')
  })
})
