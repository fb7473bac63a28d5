// Guards: fs/transfer/*.ts

import assert from 'node:assert/strict'
import { execFileSync, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type NexusFS, openNexus } from 'nexusfs'
import { afterAll, beforeAll, describe, it } from 'vitest'

/** A tree that the world made: files of 0 bytes to 9 MB, executables, folders in folders. */
const typescript = join(import.meta.dirname, '..', '..', 'node_modules', 'typescript')

let folder = ''
let fs: NexusFS

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-real-'))
  fs = await openNexus(join(folder, 'data'), { durability: 'os' })
})
afterAll(async () => {
  await fs.close()
  await rm(folder, { recursive: true, force: true })
})

/** Path, kind, mode and time (to the microsecond) of everything in a folder. */
async function listing(root: string): Promise<string[]> {
  const lines: string[] = []
  for (const name of ['', ...(await readdir(root, { recursive: true }))].sort()) {
    const { mode, mtimeNs } = await lstat(join(root, name), { bigint: true })
    lines.push(`${name} ${(Number(mode) & ~process.umask()).toString(8)} ${mtimeNs / 1000n}`)
  }
  return lines
}

function difference(one: string, other: string): string {
  return spawnSync('diff', ['-r', one, other], { encoding: 'utf8' }).stdout
}

describe('a real tree, imported and exported', () => {
  it('comes out as it went in: bytes, modes, times', async () => {
    const imported = await fs.importTree(typescript, '/ts')
    assert.ok(imported.files > 100 && imported.bytes > 10_000_000, JSON.stringify(imported))
    assert.deepEqual([imported.files, imported.bytes], [imported.totalFiles, imported.totalBytes])
    const out = join(folder, 'out')
    const exported = await fs.exportTree('/ts', out)
    assert.deepEqual(
      [exported.files, exported.directories, exported.bytes],
      [imported.files, imported.directories, imported.bytes],
    )
    assert.equal(difference(typescript, out), '')
    assert.deepEqual(await listing(out), await listing(typescript))
  })

  it('stores no new content, and makes no new version, when it is imported again', async () => {
    const before = await fs.usage()
    const again = await fs.importTree(typescript, '/ts')
    assert.equal(again.unchanged, again.files)
    assert.deepEqual(await fs.usage(), before)
    const elsewhere = await fs.importTree(typescript, '/copy')
    assert.equal(elsewhere.unchanged, 0)
    const after = await fs.usage()
    assert.equal(after.files, 2 * before.files)
    const tiny = await bytesInHeads('/copy')
    assert.equal((after.storedBytes ?? 0) - (before.storedBytes ?? 0), tiny)
    assert.ok(tiny < 20_000)
    assert.ok((after.dedupRatio ?? 0) > 1.9, String(after.dedupRatio))
  })

  it('imported from its export again, has not changed', async () => {
    const again = await fs.importTree(join(folder, 'out'), '/ts')
    assert.equal(again.unchanged, again.files)
  })

  it('is counted, and left alone, by a dry run', async () => {
    const before = await fs.usage()
    const report = await fs.importTree(typescript, '/dry', { dryRun: true })
    assert.equal(report.files, report.totalFiles)
    assert.equal(await fs.exists('/dry'), false)
    assert.deepEqual(await fs.usage(), before)
  })

  it('is exported by the command as by the library', async () => {
    const out = join(folder, 'by-command')
    const binary = join(import.meta.dirname, '..', '..', 'packages', 'cli', 'bin', 'nexus.js')
    const args = ['--conditions=nexus-source', binary, 'export', '/ts', out, '--store', join(folder, 'data')]
    execFileSync(process.execPath, args, { stdio: 'pipe' })
    assert.equal(difference(typescript, out), '')
  })
})

/** Content of at most 128 bytes is kept with each file, and stored as often as it is written. */
async function bytesInHeads(path: string): Promise<number> {
  let sum = 0
  for await (const entry of fs.walk(path)) if (entry.kind === 'file' && entry.size <= 128) sum += entry.size
  return sum
}

describe('an import that is killed on the way', () => {
  it('is completed by running it again, with no file twice', async () => {
    const data = join(folder, 'killed')
    const source = join(typescript, 'lib')
    for (const batches of [1, 2]) {
      const args = [data, source, '/lib']
      const child = fork(join(import.meta.dirname, 'import-worker.ts'), args, { execArgv: ['--conditions=nexus-source'] })
      const exit = once(child, 'exit')
      for (let seen = 0; seen < batches; seen++) await once(child, 'message')
      child.kill('SIGKILL')
      const [code, signal]: unknown[] = await exit
      assert.deepEqual([code, signal], [null, 'SIGKILL'])
    }
    await using store = await openNexus(data, { durability: 'os' })
    const partial = await store.usage('/lib')
    const report = await store.importTree(source, '/lib')
    assert.ok(partial.files > 0 && partial.files < report.files, `${partial.files} of ${report.files} files were there`)
    assert.equal(report.unchanged, partial.files)
    const usage = await store.usage()
    assert.deepEqual([usage.files, usage.versions], [report.files, report.files])
    const out = join(folder, 'out-of-killed')
    await store.exportTree('/lib', out)
    assert.equal(difference(source, out), '')
    assert.deepEqual(await listing(out), await listing(source))
  })
})
