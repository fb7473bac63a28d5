// Guards: fs/model/left-out.ts, fs/transfer/import-batch.ts, fs/transfer/local-file.ts, fs/transfer/local-survey.ts

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { chmod, lstat, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { openNexus } from '../../registry/open-nexus.ts'
import type { NexusFS } from '../nexus-fs.ts'
import { all, failure, memoryFixture, type StoreFixture } from '../store.test-fixture.ts'

// Guards fs/transfer/local-survey.ts, fs/transfer/local-file.ts and fs/transfer/exclude.ts: what an import cannot take is left out and named, and the rest goes in.

let folder = ''
let source = ''
let fixture: StoreFixture
let fs: NexusFS

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-left-out-'))
  source = join(folder, 'source')
  await mkdir(join(source, 'sub'), { recursive: true })
  await writeFile(join(source, 'a'), 'a')
  await writeFile(join(source, 'sub', 'b'), 'b')
  fixture = await memoryFixture()
  fs = await fixture.open()
})
afterEach(async () => {
  await fixture[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const paths = async (path: string): Promise<string[]> => (await all(fs.walk(path))).map((entry) => entry.path)

/** Runs once, when it is called first: what somebody else does in the folder while the import runs. */
function meanwhile(act: () => void): () => void {
  let isDone = false
  return () => {
    if (!isDone) act()
    isDone = true
  }
}

/** More than fits into two batches, so that the last is read after progress was told. */
async function manyFiles(): Promise<string[]> {
  const names = Array.from({ length: 900 }, (_, n) => `f${String(n).padStart(4, '0')}`)
  for (const name of names) await writeFile(join(source, name), name)
  return names
}

describe('an import goes on past', () => {
  it('a pipe, a socket and a device', async () => {
    execFileSync('mkfifo', [join(source, 'pipe')])
    const server = createServer().listen(join(source, 'socket'))
    await once(server, 'listening')
    const { leftOut, failed, files } = await fs.importTree(source, '/t')
    server.close()
    assert.deepEqual(leftOut, [
      { path: 'pipe', why: 'special' },
      { path: 'socket', why: 'special' },
    ])
    assert.deepEqual([failed, files], [2, 2])
    const error = await failure(() => fs.importTree('/dev/null', '/t'))
    assert.equal(error.code, 'InvalidArgument')
    assert.match(error.message, /\/dev\/null is neither a file nor a directory/)
  })

  it('names that are not UTF-8, and paths that become too long', async () => {
    await writeFile(Buffer.concat([Buffer.from(`${source}/sub/bad-`), Buffer.from([0xff, 0xfe])]), 'x')
    assert.deepEqual((await fs.importTree(source, '/t')).leftOut, [{ path: 'sub/bad-\\xff\\xfe', why: 'name' }])
    const long = `/${`${'x'.repeat(200)}/`.repeat(20)}${'y'.repeat(74)}`
    const { leftOut, files } = await fs.importTree(source, long)
    assert.deepEqual([files, leftOut[0]?.why, leftOut.length], [0, 'name', 2])
  })

  it('what has vanished since it was looked at', async () => {
    const names = await manyFiles()
    const gone = names.slice(850)
    const onProgress = meanwhile(() => {
      for (const name of gone) rmSync(join(source, name))
    })
    const { leftOut, files } = await fs.importTree(source, '/t', { onProgress })
    assert.deepEqual(
      leftOut,
      gone.map((path) => ({ path, why: 'vanished' })),
    )
    assert.equal(files, 852)
  })

  it('a file that changes whenever it is read, and takes one that comes to rest', async () => {
    // Reading takes so long that the writer comes in between, also on a quiet machine.
    const size = 32_000_000
    const writer = spawn(process.execPath, [
      '-e',
      `const fs = require('node:fs'); const fd = fs.openSync(${JSON.stringify(join(source, 'busy'))}, 'w'); let n = 0
      fs.writeSync(fd, Buffer.alloc(${size})); console.log('begun')
      setInterval(() => fs.writeSync(fd, String(n++), n % ${size}), 0)`,
    ])
    try {
      await once(writer.stdout, 'data')
      assert.deepEqual((await fs.importTree(source, '/t')).leftOut, [{ path: 'busy', why: 'changing' }])
    } finally {
      writer.kill('SIGKILL')
      await once(writer, 'exit')
    }
    assert.deepEqual((await fs.importTree(source, '/t')).leftOut, [])
    assert.equal((await fs.read('/t/busy')).length, size)
  })
})

describe('an import as a user who may not read everything', () => {
  it.skipIf(process.getuid?.() !== 0)(
    'goes on past what it may not read, also in a dry run (needs root, to become another user)',
    async () => {
      await chmod(folder, 0o755)
      await mkdir(join(source, 'closed'))
      await writeFile(join(source, 'closed', 'x'), 'x')
      await chmod(join(source, 'closed'), 0o000)
      await writeFile(join(source, 'secret'), 's', { mode: 0o000 })
      for (const dryRun of [true, false]) {
        const script = `import { NexusFS, MemoryStore, MemoryBackend } from 'nexusfs'
        process.setgid(65534); process.setuid(65534)
        const fs = await NexusFS.open({ storage: await MemoryBackend.open(), metadata: await MemoryStore.open(), author: 'x' })
        console.log(JSON.stringify(await fs.importTree(${JSON.stringify(source)}, '/t', { dryRun: ${dryRun} })))`
        const output = execFileSync(process.execPath, ['--conditions=nexus-source', '--input-type=module', '-e', script], {
          encoding: 'utf8',
          cwd: import.meta.dirname,
        })
        const { leftOut, files, failed }: Record<string, unknown> = JSON.parse(output)
        assert.deepEqual(leftOut, [
          { path: 'closed', why: 'unreadable' },
          { path: 'secret', why: 'unreadable' },
        ])
        assert.deepEqual([files, failed], [2, 2])
      }
    },
  )
})

describe('what was looked at is what is read', () => {
  it('never a link that has taken the place of a file or of a folder', async () => {
    await manyFiles()
    await mkdir(join(source, 'z'))
    await writeFile(join(source, 'z', 'in'), 'inside')
    const outside = join(folder, 'outside')
    await mkdir(outside)
    await writeFile(join(outside, 'in'), 'OUTSIDE')
    const onProgress = meanwhile(() => {
      rmSync(join(source, 'f0899'))
      symlinkSync(join(outside, 'in'), join(source, 'f0899'))
      renameSync(join(source, 'z'), join(folder, 'moved'))
      symlinkSync(outside, join(source, 'z'))
    })
    const { leftOut } = await fs.importTree(source, '/t', { links: 'skip', onProgress })
    assert.deepEqual(
      leftOut.map(({ path }) => path).filter((path) => path !== 'z/in'),
      ['f0899', 'z'],
    )
    for (const path of await paths('/t')) {
      const entry = await fs.stat(path)
      if (entry?.kind === 'file') assert.notEqual(await fs.readText(path), 'OUTSIDE', path)
    }
  })

  it('never a pipe, on which nobody would wait for ever', async () => {
    await manyFiles()
    const onProgress = meanwhile(() => {
      rmSync(join(source, 'f0899'))
      execFileSync('mkfifo', [join(source, 'f0899')])
    })
    const run = fs.importTree(source, '/t', { onProgress })
    const result = await Promise.race([run, sleep(5000, undefined, { ref: false })])
    assert.deepEqual(result?.leftOut, [{ path: 'f0899', why: 'special' }])
  })

  it('and a file that was written to since goes in as it is now, with the time that belongs to it', async () => {
    await manyFiles()
    const late = join(source, 'f0899')
    await fs.importTree(source, '/t', { onProgress: meanwhile(() => writeFileSync(late, 'written later')) })
    assert.equal(await fs.readText('/t/f0899'), 'written later')
    assert.equal((await fs.stat('/t/f0899'))?.modifiedAt.getTime(), Math.floor((await lstat(late)).mtimeMs))
  })

  it('never a store that is opened while the import runs', async () => {
    await manyFiles()
    const store = join(source, 'z', 'data')
    await mkdir(join(source, 'z'))
    let opening: Promise<NexusFS> | undefined
    const { leftOut } = await fs.importTree(source, '/t', {
      onProgress: meanwhile(() => {
        opening = openNexus(store, { durability: 'os' })
      }),
    })
    await using other = await opening
    assert.ok(other)
    assert.deepEqual(
      (await paths('/t/z')).filter((path) => path.includes('meta.db')),
      [],
      JSON.stringify(leftOut),
    )
  })
})

describe('exclude', () => {
  it('leaves out what a pattern names, and does not enter it', async () => {
    await mkdir(join(source, 'node_modules', 'x'), { recursive: true })
    await writeFile(join(source, 'node_modules', 'x', 'y'), '')
    await writeFile(join(source, 'sub', 'debug.log'), '')
    const { leftOut, failed } = await fs.importTree(source, '/t', { exclude: ['node_modules/', '*.log'] })
    assert.deepEqual(leftOut, [
      { path: 'node_modules', why: 'excluded' },
      { path: 'sub/debug.log', why: 'excluded' },
    ])
    assert.equal(failed, 0)
    assert.deepEqual(await paths('/t'), ['/t/a', '/t/sub', '/t/sub/b'])
  })
})
