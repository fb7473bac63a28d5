// Guards: metadata-stores/sqlite/sqlite-store.ts, metadata-stores/sqlite/*commit*.ts

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { isNexusError } from '../../core/errors.ts'
import { commitOf, keyOf, outputOf, put, testFolder } from './sqlite-store.test-fixture.ts'
import { SqliteStore } from './sqlite-store.ts'

/** Opens `store`, has `put` commit one value, and `say` print a line. */
const prelude = (file: string): string => `
import { SqliteStore } from '${import.meta.dirname}/sqlite-store.ts'
const store = await SqliteStore.open({ path: ${JSON.stringify(file)} })
const key = { group: Buffer.from('g'), item: Buffer.from('k') }
const put = (text) => store.commit([{ expect: [], writes: [{ kind: 'put', key, value: Buffer.from(text) }] }])
const read = async () => Buffer.from((await store.read({ get: [key] })).get[0]?.value ?? '').toString()
const say = (line) => process.stdout.write(line + '\\n')
`

/** Runs the module under strace with these options; returns what it said. */
function underStrace(options: readonly string[], module: string): Promise<string> {
  const node = [process.execPath, '--input-type=module-typescript', '--eval', module]
  return outputOf(spawn('strace', ['-f', '-qq', ...options, ...node], { stdio: ['ignore', 'pipe', 'inherit'] }))
}

describe('a SqliteStore of class disk', () => {
  it('syncs the WAL before it acknowledges a commit, once', async () => {
    await using folder = await testFolder()
    const file = join(folder.path, 'meta.db')
    const log = join(folder.path, 'strace.log')
    const module = `${prelude(file)}
      await put('first'); say('MARK begin'); await put('second'); say('MARK end'); await store.close()`
    await underStrace(['-y', '-e', 'trace=write,pwrite64,fsync,fdatasync', '-o', log], module)
    const calls = readFileSync(log, 'utf8').split('\n')
    const during = calls.slice(indexOf(calls, 'MARK begin') + 1, indexOf(calls, 'MARK end'))
    const ofWal = during.filter((call) => call.includes('meta.db-wal>'))
    assert.match(ofWal.at(-1) ?? '', /(fsync|fdatasync)\(.*= 0$/)
    assert.equal(ofWal.filter((call) => /(fsync|fdatasync)\(/.test(call)).length, 1)
    assert.ok(ofWal.length >= 3, 'nothing was written: the test proved nothing')
  })

  it('syncs the folder of a file that one of class os has made', async () => {
    await using folder = await testFolder()
    const file = join(folder.path, 'meta.db')
    await (await SqliteStore.open({ path: file, durability: 'os' })).close()
    const log = join(folder.path, 'strace.log')
    await underStrace(['-y', '-e', 'trace=fsync', '-o', log], `${prelude(file)} await store.close()`)
    assert.match(readFileSync(log, 'utf8'), new RegExp(`fsync\\(\\d+<${folder.path}>\\) += 0`))
  })

  it('says that it does not know, if the sync failed, and goes on with a new connection', async () => {
    await using folder = await testFolder()
    const file = join(folder.path, 'meta.db')
    const module = `${prelude(file)}
      await put('one'); await put('two')
      const error = await put('three').catch((reason) => reason)
      say(error.code + ' ' + error.outcome)
      const found = await read()
      say(found === 'two' || found === 'three' ? 'whole' : found)
      await put('four'); say(await read()); await store.close()`
    // The first four syncs of the WAL are those of its header, of the schema and of the two commits before.
    const inject = [
      '-e',
      'trace=fsync,fdatasync',
      '-P',
      `${file}-wal`,
      '-e',
      'inject=fsync,fdatasync:error=EIO:when=5',
      '-o',
      '/dev/null',
    ]
    assert.equal(await underStrace(inject, module), 'Unavailable unknown\nwhole\nfour\n')
    await using store = await SqliteStore.open({ path: file })
    assert.equal(Buffer.from((await store.read({ get: [keyOf('k')] })).get[0]?.value ?? []).toString(), 'four')
  })

  it('leaves the event loop running on a disk that takes 20 ms for a sync', { timeout: 60_000 }, async () => {
    await using folder = await testFolder()
    const file = join(folder.path, 'meta.db')
    const module = `${prelude(file)}
      for (const end = performance.now() + 1500; performance.now() < end; ) await put('warm')
      let last = performance.now()
      const gaps = []
      const timer = setInterval(() => { gaps.push(performance.now() - last); last = performance.now() }, 1)
      let commits = 0
      for (const end = performance.now() + 2000; performance.now() < end; commits++) await put('v')
      clearInterval(timer)
      await store.close()
      say(JSON.stringify({ commits, gaps: gaps.length, slow: gaps.filter((gap) => gap > 15).length }))`
    const delay = ['-e', 'trace=fsync,fdatasync', '-e', 'inject=fsync,fdatasync:delay_exit=20000', '-o', '/dev/null']
    const { commits, gaps, slow } = JSON.parse(await underStrace(delay, module))
    assert.ok(commits < 110 && commits > 10, `${commits} commits in 2 s: the disk was not slow`)
    assert.ok(gaps > 500 && slow < commits / 4, `${slow} of ${gaps} gaps beside ${commits} commits were long`)
  })
})

describe.skipIf(process.getuid?.() !== 0)('a SqliteStore on a full disk', () => {
  it('fails commits with NoSpace, still reads, and goes on once there is space', async () => {
    await using folder = await testFolder()
    const disk = join(folder.path, 'disk')
    mkdirSync(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk])
    try {
      const filler = join(disk, 'filler')
      writeFileSync(filler, new Uint8Array(3 * 1_048_576))
      const store = await SqliteStore.open({ path: join(disk, 'meta.db') })
      const done = await fillUp(store)
      assert.ok(done > 0)
      const { get } = await store.read({ get: Array.from({ length: done }, (_, index) => keyOf(`k${index}`)) })
      assert.ok(get.every((entry) => entry?.value.length === 100_000))
      rmSync(filler)
      assert.equal((await store.commit([commitOf(put('after', 'v'))]))[0]?.status, 'committed')
      await store.close()
    } finally {
      execFileSync('umount', [disk])
    }
  })
})

/** Commits values until one fails for want of space; returns how many were committed. */
async function fillUp(store: SqliteStore): Promise<number> {
  for (let index = 0; index < 200; index++) {
    const [result] = await store.commit([commitOf(put(`k${index}`, new Uint8Array(100_000)))])
    if (result?.status === 'committed') continue
    assert.ok(result?.status === 'failed' && isNexusError(result.error, 'NoSpace'))
    assert.equal(result.error.outcome, 'none')
    return index
  }
  throw new Error('the disk was never full')
}

function indexOf(lines: readonly string[], text: string): number {
  const index = lines.findIndex((line) => line.includes(text))
  assert.notEqual(index, -1, `no ${text} in the log`)
  return index
}
