// Guards: fs/transfer/backup.ts, content/copy-contents.ts, metadata-stores/sqlite/*.ts

import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type NexusFS, openNexus } from 'nexusfs'
import { it } from 'vitest'
import { seededRandom } from '../../packages/nexusfs/src/testing/seeded-random.ts'

// Guards fs/transfer/backup.ts, content/copy-contents.ts and sqlite/admin.ts beside writers, and when they are killed.

const writers = 8
const kills = { least: 12, boxMs: 20_000 }

interface Writer {
  readonly name: string
  readonly child: ChildProcess
  /** The number of its last acknowledged file; -1 before the first. */
  acknowledged: number
}

const run = (program: string, args: readonly string[]): ChildProcess =>
  fork(join(import.meta.dirname, program), args, { execArgv: ['--conditions=nexus-source'] })

it('a backup killed at any moment beside 8 writers leaves the one before whole; one that ends holds all that was acknowledged before', async () => {
  const seed = Date.now()
  const random = seededRandom(`backup-${seed}`)
  const folder = await mkdtemp(join(tmpdir(), 'nexus-backup-'))
  const data = join(folder, 'data')
  const target = join(folder, 'copy')
  const running: Writer[] = []
  try {
    await (await openNexus(data, { durability: 'os' })).close()
    for (let index = 0; index < writers; index++) running.push(await startWriter(data, `w${index}`))
    let before = await completeBackup(data, target, running)
    const deadline = Date.now() + kills.boxMs
    let killed = 0
    for (; killed < kills.least || Date.now() < deadline; killed++) {
      await killABackup(data, target, random.integer(0, 400))
      await assertHolds(target, before, `after kill ${killed} (seed ${seed})`)
      if (killed % 4 === 3) before = await completeBackup(data, target, running)
    }
    assert.ok(killed >= kills.least)
  } finally {
    await Promise.all(running.map(stop))
    await rm(folder, { recursive: true, force: true })
  }
}, 300_000)

it('a copy of the files of a live store, made by another program, does not pass the same check', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-backup-'))
  const data = join(folder, 'data')
  const running: Writer[] = []
  try {
    await (await openNexus(data, { durability: 'os' })).close()
    for (let index = 0; index < writers; index++) running.push(await startWriter(data, `w${index}`))
    await waitFor(() => running.every(({ acknowledged }) => acknowledged > 30))
    let found = 0
    for (let round = 0; round < 60 && found === 0; round++) {
      const target = join(folder, `copy-${round}`)
      const before = new Map(running.map(({ name, acknowledged }) => [name, acknowledged]))
      execFileSync('cp', ['-r', data, target], { stdio: 'ignore' })
      await assertHolds(target, before, 'after a copy of the files').catch(() => found++)
    }
    assert.ok(found > 0, 'each of 60 copies passed: the check does not see what it is for')
  } finally {
    await Promise.all(running.map(stop))
    await rm(folder, { recursive: true, force: true })
  }
}, 120_000)

async function waitFor(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(10)
}

async function startWriter(data: string, name: string): Promise<Writer> {
  const child = run('writer.ts', [data, name])
  const writer: Writer = { name, child, acknowledged: -1 }
  child.on('message', (message: { acknowledged: number }) => {
    writer.acknowledged = message.acknowledged
  })
  await once(child, 'message')
  return writer
}

async function stop({ child }: Writer): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.send('stop')
  await exit
}

type Acknowledged = ReadonlyMap<string, number>

/** Returns what had been acknowledged before it began. */
async function completeBackup(data: string, target: string, running: readonly Writer[]): Promise<Acknowledged> {
  const before = new Map(running.map(({ name, acknowledged }) => [name, acknowledged]))
  await using nexus = await openNexus(data, { durability: 'os' })
  const { damaged } = await nexus.backup(target)
  assert.deepEqual(damaged, [])
  await assertHolds(target, before, 'after a backup')
  return before
}

async function killABackup(data: string, target: string, afterMs: number): Promise<void> {
  const child = run('backup-worker.ts', [data, target])
  const exit = once(child, 'exit')
  await once(child, 'message')
  await sleep(afterMs)
  child.kill('SIGKILL')
  await exit
}

/** Each file that the backup shows is whole, and none that was acknowledged before is missing. Opening it leaves it untouched. */
async function assertHolds(target: string, acknowledged: Acknowledged, when: string): Promise<void> {
  await using copy = await openNexus(target, { create: false })
  for (const [name, last] of acknowledged) {
    const files = await filesOf(copy, `/${name}`)
    for (let file = 0; file <= last; file++) assert.ok(files.has(String(file)), `/${name}/${file} is missing ${when}`)
    for (const file of [...files].slice(-30)) {
      const text = await copy.readText(`/${name}/${file}`)
      assert.ok(text.startsWith(`${name}-${file} `) && text.endsWith(`${name}-${file} `), `/${name}/${file} is wrong ${when}`)
    }
  }
}

async function filesOf(copy: NexusFS, path: string): Promise<Set<string>> {
  if (!(await copy.exists(path))) return new Set()
  const names = new Set<string>()
  for await (const { name } of copy.list(path)) names.add(name)
  return names
}
