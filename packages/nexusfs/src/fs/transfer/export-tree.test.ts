import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { directoryGroup, headKey, rootId } from '../../metadata/keyspace.ts'
import { encodeRecord } from '../../metadata/record.ts'
import { FaultPlan } from '../../testing/fault-plan.ts'
import { FaultyBackend } from '../../testing/faulty-backend.ts'
import { seededRandom } from '../../testing/seeded-random.ts'
import { failure, fresh, memoryFixture } from '../store.test-fixture.ts'

let folder = ''
let targets = 0
const newTarget = (): string => join(folder, String(targets++))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-export-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('exportTree', () => {
  it('writes content, bit, times and empty directories', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    const modifiedAt = new Date('2020-02-03T04:05:06.789Z')
    await fs.write('/t/bin/run', '#!/bin/sh\n', { executable: true, modifiedAt })
    await fs.write('/t/notes', fresh(5000), { modifiedAt })
    await fs.mkdir('/t/empty')
    const target = newTarget()
    const report = await fs.exportTree('/t', target)
    assert.deepEqual([report.files, report.directories, report.bytes], [2, 3, 5010])
    assert.deepEqual((await readdir(target)).sort(), ['bin', 'empty', 'notes'])
    const run = await stat(join(target, 'bin', 'run'))
    assert.equal(run.mode & 0o7777, 0o755)
    assert.equal(run.mtimeMs, modifiedAt.getTime())
    assert.equal((await stat(join(target, 'notes'))).mode & 0o111, 0)
    assert.deepEqual(new Uint8Array(await readFile(join(target, 'notes'))), await fs.read('/t/notes'))
  })

  it('writes one file, of the version asked for, and refuses a version of a directory', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    await fs.write('/d/a', 'one')
    await fs.write('/d/a', 'two')
    const target = newTarget()
    await fs.exportTree('/d/a', target, { version: 1 })
    assert.equal(await readFile(target, 'utf8'), 'one')
    assert.equal((await failure(() => fs.exportTree('/d', newTarget(), { version: 1 }))).code, 'InvalidArgument')
    assert.equal((await failure(() => fs.exportTree('/d/a', newTarget(), { version: 3 }))).code, 'NotFound')
  })

  it('gives files that an import takes for unchanged, whatever the time of their writing', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    for (let n = 0; n < 20; n++) await fs.write(`/t/${n}`, fresh(200), { modifiedAt: new Date(1_700_000_000_123 + n * 7919) })
    const target = newTarget()
    await fs.exportTree('/t', target)
    assert.equal((await fs.importTree(target, '/t')).unchanged, 20)
  })

  it('refuses a target that is not an empty directory, and touches nothing in it', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    await fs.write('/t/a', 'ours')
    const target = newTarget()
    await mkdir(target)
    await writeFile(join(target, 'a'), 'theirs')
    assert.equal((await failure(() => fs.exportTree('/t', target))).code, 'AlreadyExists')
    assert.equal((await failure(() => fs.exportTree('/t/a', join(target, 'a')))).code, 'AlreadyExists')
    assert.equal(await readFile(join(target, 'a'), 'utf8'), 'theirs')
    await mkdir(join(target, 'empty'))
    await fs.exportTree('/t', join(target, 'empty'))
    assert.equal((await failure(() => fs.exportTree('/t', join(target, 'no', 'where')))).code, 'NotFound')
    assert.equal((await failure(() => fs.exportTree('/nope', newTarget()))).code, 'NotFound')
  })

  it('goes on past a damaged file, names it, and leaves no part of it; a second run finishes what was begun', async () => {
    for (const damaged of [1, 3, 6]) {
      await using fixture = await memoryFixture()
      const plan = new FaultPlan(seededRandom(damaged))
      const fs = await fixture.open({
        inlineBytes: 0,
        cacheBytes: 0,
        overStorage: (backend) => new FaultyBackend(backend, plan),
      })
      for (let n = 1; n <= 6; n++) await fs.write(`/t/d${n}/file`, fresh(3000))
      plan.add({ method: 'get', mode: { kind: 'flip', offset: 7 }, when: { nth: damaged } })
      const target = newTarget()
      const { leftOut, failed, files } = await fs.exportTree('/t', target)
      assert.deepEqual([leftOut[0]?.why, leftOut.length, failed, files], ['damaged', 1, 1, 5])
      const path = String(leftOut[0]?.path)
      assert.match(path, /^\/t\/d\d\/file$/)
      assert.deepEqual(await readdir(join(target, path.slice('/t/'.length, -'/file'.length))), [])
      const again = await fs.exportTree('/t', target)
      assert.deepEqual([again.files, again.unchanged, again.failed], [6, 5, 0])
      assert.equal((await readdir(target)).length, 6)
      assert.equal((await failure(() => fs.exportTree('/t', target))).code, 'AlreadyExists')
    }
  })

  it('goes on past entries that cannot be understood, and names them', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    for (const name of ['a', 'm', 'newer', 'z']) await fs.write(`/${name}`, name)
    const later = encodeRecord({ k: 'x', i: rootId, c: 1, m: 1, a: 'ann' })
    for (const [name, value] of [
      ['m', Uint8Array.of(1)],
      ['newer', later],
    ] as const) {
      const key = headKey(directoryGroup(rootId), name)
      await (await fixture.metadata()).commit([{ expect: [], writes: [{ kind: 'put', key, value }] }])
    }
    const target = newTarget()
    const { files, leftOut, failed } = await fs.exportTree('/', target)
    assert.deepEqual(leftOut, [
      { path: '/m', why: 'damaged' },
      { path: '/newer', why: 'newer' },
    ])
    assert.deepEqual([files, failed], [2, 2])
    assert.equal(await readFile(join(target, 'z'), 'utf8'), 'z')
    await fs.remove('/m')
    await fs.remove('/newer')
    assert.deepEqual((await fs.exportTree('/', target)).leftOut, [])
  })

  it('names the folder that is missing above its target', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    await fs.write('/d/a', 'x')
    const missing = newTarget()
    for (const path of ['/d', '/d/a']) {
      const { code, message } = await failure(() => fs.exportTree(path, join(missing, 'deep', 'target')))
      assert.equal(code, 'NotFound')
      assert.ok(
        message.endsWith(`${join(missing, 'deep', 'target')}: the folder ${missing} is not there; make it first`),
        message,
      )
    }
    const { message } = await failure(() => fs.importTree(missing, '/x'))
    assert.ok(message.endsWith(`${missing}: it is not there`), message)
  })

  it('ends when the caller cancels it', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    for (let n = 0; n < 30; n++) await fs.write(`/t/${n}`, fresh(200))
    const controller = new AbortController()
    let seen = 0
    const onProgress = (): void => {
      if (++seen === 3) controller.abort()
    }
    const error = await failure(() => fs.exportTree('/t', newTarget(), { signal: controller.signal, onProgress }))
    assert.equal(error.code, 'Aborted')
    assert.ok(seen < 30)
  })
})
