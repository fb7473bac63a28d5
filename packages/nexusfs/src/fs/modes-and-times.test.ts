// Guards: fs/model/head.ts, fs/operations/set-attributes.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { MemoryStore } from '../metadata-stores/memory/memory-store.ts'
import { MemoryBackend } from '../storage-backends/memory/memory-backend.ts'
import { isExecutable, withExecutable } from './model/head.ts'
import { NexusFS } from './nexus-fs.ts'
import { all, failure, memoryFixture } from './store.test-fixture.ts'

describe('a mode', () => {
  it('is 0o644 of a new file, 0o755 of a new directory and of the root', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    assert.equal((await fs.write('/d/f', 'x')).mode, 0o644)
    assert.equal((await fs.stat('/d'))?.mode, 0o755)
    assert.equal((await fs.mkdir('/e')).mode, 0o755)
    assert.equal((await fs.stat('/'))?.mode, 0o755)
  })

  it('is given with a write or mkdir, all 12 bits of it', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    for (const mode of [0, 0o600, 0o4755, 0o7777]) {
      await fs.write(`/f${mode}`, 'x', { mode })
      await fs.writeBatch([{ path: `/b${mode}`, content: 'x', mode }])
      await fs.mkdir(`/above/d${mode}`, { mode, recursive: true })
      for (const path of [`/f${mode}`, `/b${mode}`, `/above/d${mode}`]) assert.equal((await fs.stat(path))?.mode, mode, path)
    }
    assert.equal((await fs.stat('/above'))?.mode, 0o755)
  })

  it('is kept by later writes, and comes along with copies and rollbacks', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    await fs.write('/f', '1', { mode: 0o700 })
    assert.equal((await fs.write('/f', '2')).mode, 0o700)
    assert.equal((await fs.append('/f', '3')).mode, 0o700)
    await fs.write('/f', '4', { mode: 0o600 })
    assert.equal((await fs.copy('/f', '/copy', { version: 1 })).mode, 0o700)
    assert.equal((await fs.rollback('/f', 2)).mode, 0o700)
    assert.deepEqual(
      (await all(fs.versions('/f'))).map(({ mode }) => mode),
      [0o700, 0o600, 0o700, 0o700, 0o700],
    )
  })

  it('that is no whole number from 0 to 0o7777 is refused', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    for (const mode of [-1, 0o10000, 1.5, Number.NaN]) {
      assert.equal((await failure(() => fs.write('/f', 'x', { mode }))).code, 'InvalidArgument')
      assert.equal((await failure(() => fs.mkdir('/d', { mode }))).code, 'InvalidArgument')
    }
  })

  it('is changed by `executable` where it must be: for those who may read', async () => {
    const cases = [
      [0o644, true, 0o755],
      [0o600, true, 0o700],
      [0o200, true, 0o311],
      [0o744, true, 0o744],
      [0o755, false, 0o644],
      [0o644, false, 0o644],
      [0o4711, undefined, 0o4711],
    ] as const
    for (const [mode, executable, expected] of cases) assert.equal(withExecutable(mode, executable), expected)
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    assert.deepEqual(shown(await fs.write('/f', 'x', { executable: true })), [0o755, true])
    assert.deepEqual(shown(await fs.write('/f', 'x')), [0o755, true])
    assert.deepEqual(shown(await fs.write('/f', 'x', { executable: false })), [0o644, false])
    assert.deepEqual(shown(await fs.write('/f', 'x', { mode: 0o600, executable: true })), [0o700, true])
    assert.ok(!isExecutable(0o666))
  })
})

function shown({ mode, executable }: { mode: number; executable: boolean }): [number, boolean] {
  return [mode, executable]
}

/** Several processes with one store, each with its own clock. */
async function processes(...clocks: readonly (() => number)[]): Promise<readonly NexusFS[]> {
  const name = 'modes-and-times'
  MemoryStore.drop(name)
  MemoryBackend.drop(name)
  return Promise.all(
    clocks.map(async (now) =>
      NexusFS.open({ metadata: await MemoryStore.open({ name, clock: { now } }), storage: await MemoryBackend.open({ name }) }),
    ),
  )
}

describe('the time of a version', () => {
  it('is a later millisecond than that of the version before, also between processes whose clocks differ', async () => {
    const opened = await processes(
      () => 1_000_000,
      () => 999_000,
      () => 1_000_000,
    )
    const times: number[] = []
    for (let n = 0; n < 30; n++) {
      const fs = opened[n % opened.length]
      const { modifiedAt } = (await fs?.write('/f', String(n))) ?? assert.fail()
      times.push(modifiedAt.getTime())
    }
    for (const fs of opened) await fs.append('/f', 'x')
    const versions = await all(opened[0]?.versions('/f') ?? assert.fail())
    const all33 = versions.map(({ modifiedAt }) => modifiedAt.getTime()).reverse()
    assert.deepEqual(all33.slice(0, 30), times)
    assert.equal(new Set(all33).size, 33)
    assert.deepEqual(
      all33,
      all33.toSorted((a, b) => a - b),
    )
    assert.ok(versions.every(({ changedAt }) => [999_000, 1_000_000].includes(changedAt.getTime())))
    for (const fs of opened) await fs.close()
  })

  it('is what it was given, and the commit keeps its own', async () => {
    const [fs] = await processes(() => 5000)
    assert.ok(fs)
    const modifiedAt = new Date(42)
    const set = await fs.write('/f', '1', { modifiedAt })
    assert.deepEqual([set.createdAt, set.modifiedAt, set.changedAt].map(Number), [5000, 42, 5000])
    const next = await fs.write('/f', '2')
    assert.deepEqual([next.createdAt, next.modifiedAt, next.changedAt].map(Number), [5000, 5000, 5000])
    const later = await fs.write('/f', '3', { modifiedAt: new Date(7000) })
    assert.equal(Number(later.modifiedAt), 7000)
    assert.equal(Number((await fs.write('/f', '4')).modifiedAt), 7001)
    await fs.close()
  })

  it('can be the last that a date can hold, and the next version has it too', async () => {
    const [fs] = await processes(() => 5000)
    assert.ok(fs)
    for (const time of [8.64e15, -8.64e15]) {
      await fs.write(`/${time}`, '1', { modifiedAt: new Date(time) })
      await fs.write(`/${time}`, '2')
      assert.equal((await all(fs.list('/'))).length > 0, true)
    }
    assert.equal(Number((await fs.stat('/8640000000000000'))?.modifiedAt), 8.64e15)
    await fs.close()
  })
})
