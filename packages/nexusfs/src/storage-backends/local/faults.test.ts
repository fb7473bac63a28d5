// Guards: storage-backends/local/*.ts

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { type ErrorCode, isNexusError } from '../../core/errors.ts'
import { type FileCalls, nodeFileCalls } from './file-calls.ts'
import { LocalBackend } from './local-backend.ts'

const folder = mkdtempSync(join(tmpdir(), 'nexus-local-faults-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const key = 'group/name'
const bytes = new Uint8Array(3000).fill(7)

/** Calls that fail from the n-th on, once or for ever, counted from `arm`; and the files that are open. */
class FaultyCalls {
  readonly calls: FileCalls
  readonly openFiles = new Map<number, string>()
  failed: string | undefined
  #count = 0
  #plan: FaultPlan | undefined

  constructor() {
    this.calls = {
      open: async (path, flags, mode) => {
        const fd = await this.#call('open', () => nodeFileCalls.open(path, flags, mode))
        this.openFiles.set(fd, path)
        return fd
      },
      close: async (fd) => {
        // The descriptor is gone, whatever the answer.
        this.openFiles.delete(fd)
        await nodeFileCalls.close(fd)
        await this.#call('close', async () => {})
      },
      read: (...call) => this.#call('read', () => nodeFileCalls.read(...call)),
      write: (...call) => this.#call('write', () => nodeFileCalls.write(...call)),
      // Not a real one: these tests are about errors, and thousands of fsyncs take long.
      sync: () => this.#call('sync', async () => {}),
      rename: (from, to) => this.#call('rename', () => nodeFileCalls.rename(from, to)),
      unlink: (path) => this.#call('unlink', () => nodeFileCalls.unlink(path)),
      makeFolder: (path) => this.#call('makeFolder', () => nodeFileCalls.makeFolder(path)),
      removeFolder: (path) => this.#call('removeFolder', () => nodeFileCalls.removeFolder(path)),
      readFolder: (path) => this.#call('readFolder', () => nodeFileCalls.readFolder(path)),
      look: (path) => this.#call('look', () => nodeFileCalls.look(path)),
      realPath: (path) => this.#call('realPath', () => nodeFileCalls.realPath(path)),
    }
  }

  arm(plan: FaultPlan): void {
    this.#plan = plan
    this.#count = 0
    this.failed = undefined
  }

  disarm(): void {
    this.#plan = undefined
  }

  async #call<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
    const plan = this.#plan
    if (plan === undefined) return work()
    this.#count += 1
    if (plan.keeps ? this.#count < plan.at : this.#count !== plan.at) return work()
    this.failed ??= name
    throw Object.assign(new Error(`${plan.errno}: injected into ${name}`), { code: plan.errno })
  }
}

interface FaultPlan {
  readonly at: number
  readonly keeps: boolean
  readonly errno: string
}

const codes: Readonly<Record<string, ErrorCode>> = {
  EIO: 'Unavailable',
  ENOSPC: 'NoSpace',
  EMFILE: 'Unavailable',
  EACCES: 'PermissionDenied',
  EROFS: 'ReadOnly',
}

interface Scenario {
  readonly title: string
  /** Whether the blob is there before, and after a success; after a failure it is as before. */
  readonly before: boolean
  readonly after: boolean
  /** In a backend that has not put anything yet. */
  readonly isFirst?: boolean
  run(backend: LocalBackend): Promise<void>
}

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
}

async function drain(stream: AsyncIterable<Uint8Array>): Promise<void> {
  let size = 0
  for await (const piece of stream) size += piece.length
  assert.equal(size, bytes.length)
}

const put = (backend: LocalBackend): Promise<void> => backend.put(key, bytes, { size: bytes.length })

const scenarios: readonly Scenario[] = [
  { title: 'the first put', before: false, after: true, isFirst: true, run: put },
  { title: 'put', before: false, after: true, run: put },
  { title: 'put in pieces', before: false, after: true, run: (backend) => backend.put(key, pieces(), { size: bytes.length }) },
  { title: 'put again', before: true, after: true, run: put },
  {
    title: 'stage and publish',
    before: false,
    after: true,
    run: async (backend) => (await backend.stage(bytes, { size: bytes.length })).publish(key),
  },
  {
    title: 'stage and publish over a blob',
    before: true,
    after: true,
    run: async (backend) => (await backend.stage(pieces(), { size: bytes.length })).publish(key),
  },
  {
    title: 'stage and discard',
    before: false,
    after: false,
    run: async (backend) => (await backend.stage(bytes, { size: bytes.length })).discard(),
  },
  { title: 'get', before: true, after: true, run: async (backend) => assert.deepEqual(await backend.get(key), bytes) },
  { title: 'stream', before: true, after: true, run: (backend) => drain(backend.stream(key)) },
  {
    title: 'stat',
    before: true,
    after: true,
    run: async (backend) => assert.deepEqual(await backend.stat([key]), [{ size: bytes.length }]),
  },
  {
    title: 'list',
    before: true,
    after: true,
    run: async (backend) => assert.equal((await backend.list()).blobs.length, 1),
  },
  { title: 'delete', before: true, after: false, run: (backend) => backend.delete([key]) },
]

let roots = 0

/** Runs the scenario with a fault at the n-th call. False once there is no n-th call. */
async function runWithFault(scenario: Scenario, durability: 'disk' | 'os', plan: FaultPlan): Promise<boolean> {
  const root = join(folder, `${roots++}`)
  const faulty = new FaultyCalls()
  const backend = await LocalBackend.open({ root, durability }, faulty.calls)
  if (scenario.isFirst !== true) await put(backend)
  if (!scenario.before) await backend.delete([key])

  faulty.arm(plan)
  const [outcome] = await Promise.allSettled([scenario.run(backend)])
  const where = `${scenario.title} (${durability}), call ${plan.at} (${faulty.failed}) ${plan.keeps ? 'and later ones' : ''} ${plan.errno}`
  const wasReached = faulty.failed !== undefined
  if (plan.keeps) {
    await backend.close()
    faulty.disarm()
  } else {
    faulty.disarm()
    await checkState(backend, scenario, outcome, where)
    await backend.close()
    if (faulty.failed !== 'unlink') assert.deepEqual(temporaryFiles(root), [], `temporary files after ${where}`)
  }
  if (outcome.status === 'rejected') checkError(outcome.reason, plan.errno, where)
  else if (!wasReached) assert.equal(outcome.status, 'fulfilled')
  assert.deepEqual([...faulty.openFiles.values()], [], `files left open after ${where}`)
  return wasReached
}

async function checkState(
  backend: LocalBackend,
  scenario: Scenario,
  outcome: PromiseSettledResult<void>,
  where: string,
): Promise<void> {
  const isThere = outcome.status === 'fulfilled' ? scenario.after : scenario.before
  assert.deepEqual(await contentOf(backend), isThere ? bytes : undefined, `what is there after ${where}`)
  assert.equal((await backend.list()).blobs.length, isThere ? 1 : 0, `the list after ${where}`)
  await put(backend)
  assert.deepEqual(await contentOf(backend), bytes, `a put without fault after ${where}`)
}

async function contentOf(backend: LocalBackend): Promise<Uint8Array | undefined> {
  try {
    return await backend.get(key)
  } catch (error) {
    if (isNexusError(error, 'NotFound')) return undefined
    throw error
  }
}

/** Each call gets one of them, in turn. */
function errnoAt(at: number): string {
  return Object.keys(codes)[at % Object.keys(codes).length] ?? 'EIO'
}

function checkError(error: unknown, errno: string, where: string): void {
  assert.ok(isNexusError(error, codes[errno]), `${where} gave ${String(error)}`)
}

function temporaryFiles(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.includes('.tmp-'))
}

describe.each(['disk', 'os'] as const)('LocalBackend (%s), failing at each call in turn', (durability) => {
  for (const scenario of scenarios) {
    it(`${scenario.title}: every error is typed and leaves no file, no descriptor and no torn blob`, async () => {
      for (const keeps of [false, true]) {
        let at = 1
        while (await runWithFault(scenario, durability, { at, keeps, errno: errnoAt(at) })) at += 1
        assert.ok(at > 1 && at < 100, `${at - 1} calls were made to fail`)
      }
    })
  }

  it('the first put of a digest, which makes 256 folders, can be repeated after any error', async () => {
    const digestKey = `group/${'5f'.repeat(32)}`
    const faulty = new FaultyCalls()
    const backend = await LocalBackend.open({ root: join(folder, `${roots++}`), durability }, faulty.calls)
    for (let at = 1; at < 400; at += at < 5 || at > 255 ? 1 : 50) {
      faulty.arm({ at, keeps: false, errno: 'EIO' })
      const [outcome] = await Promise.allSettled([backend.put(digestKey, bytes, { size: bytes.length })])
      faulty.disarm()
      if (faulty.failed === undefined) break
      if (outcome.status === 'rejected') checkError(outcome.reason, 'EIO', `call ${at} (${faulty.failed})`)
      rmSync(join(backend.info.location, 'blobs', 'group'), { recursive: true, force: true })
    }
    await backend.put(digestKey, bytes, { size: bytes.length })
    assert.deepEqual(await backend.get(digestKey), bytes)
    await backend.close()
    assert.deepEqual([...faulty.openFiles.values()], [])
  })

  it('open: every error is typed and leaves no descriptor and no folder', async () => {
    let isReached = true
    for (let at = 1; isReached; at++) {
      const faulty = new FaultyCalls()
      const root = join(folder, `open-${roots++}`)
      faulty.arm({ at, keeps: false, errno: errnoAt(at) })
      const [outcome] = await Promise.allSettled([LocalBackend.open({ root, durability }, faulty.calls)])
      isReached = faulty.failed !== undefined
      if (outcome.status === 'rejected') checkError(outcome.reason, errnoAt(at), `open, call ${at} (${faulty.failed})`)
      if (outcome.status === 'rejected') assert.equal(existsSync(root), false, `open, call ${at} (${faulty.failed})`)
      if (outcome.status === 'fulfilled') await outcome.value.close()
      assert.deepEqual([...faulty.openFiles.values()], [])
      faulty.disarm()
      await (await LocalBackend.open({ root, durability })).close()
    }
  })

  it('short writes and reads are continued to the last byte', async () => {
    let calls = 0
    const short = (length: number): number => (calls++ % 2 === 0 ? Math.ceil(length / 2) : length)
    const backend = await LocalBackend.open(
      { root: join(folder, `${roots++}`), durability },
      {
        ...nodeFileCalls,
        read: (fd, target, offset, length, position) => nodeFileCalls.read(fd, target, offset, short(length), position),
        write: (fd, source, offset, length) => nodeFileCalls.write(fd, source, offset, short(length)),
      },
    )
    const random = crypto.getRandomValues(new Uint8Array(50_000))
    await backend.put(key, random, { size: random.length })
    assert.deepEqual(await backend.get(key), random)
    assert.ok(calls >= 4)
    await backend.close()
  })

  it('a disk that takes no bytes and reports no error makes put fail', async () => {
    const calls: FileCalls = { ...nodeFileCalls, write: async () => 0 }
    const root = join(folder, `${roots++}`)
    const backend = await LocalBackend.open({ root, durability }, calls)
    await assert.rejects(backend.put(key, bytes, { size: bytes.length }), { code: 'Unavailable' })
    await backend.close()
    assert.deepEqual(temporaryFiles(root), [])
  })
})
