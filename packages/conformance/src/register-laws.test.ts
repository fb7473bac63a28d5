import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { StorageBackend } from 'nexusfs'
import { MemoryBackend } from 'nexusfs/memory'
import { test } from 'vitest'
import { LawBroken } from './expect.ts'
import type { ConformanceSubject, Law } from './law.ts'
import { registerLaws } from './register-laws.ts'
import { storageLaws } from './storage/index.ts'

const subject: ConformanceSubject<StorageBackend> = { kind: 'storage', name: 'memory', open: () => MemoryBackend.open() }
const fixture = fileURLToPath(new URL('register-laws.test-fixture.ts', import.meta.url))

interface Ran {
  readonly exit: number | string | null | undefined
  readonly output: string
}

/** The fixture under node's own test runner, in a process of its own. */
function runUnderNode(...args: readonly string[]): Promise<Ran> {
  const command = ['--test-reporter=tap', fixture, ...args]
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  return new Promise((resolve) => {
    execFile(process.execPath, command, { env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ exit: error === null ? 0 : error.code, output: stdout + stderr })
    })
  })
}

test('under node:test each law is a test, and what does not apply is skipped with the reason', async () => {
  const { exit, output } = await runUnderNode()
  assert.equal(exit, 0, output)
  assert.match(output, /memory keeps the laws of its port \(seed 42\)/)
  assert.match(output, /ok \d+ - put-size: an array that is longer/)
  assert.match(output, /stage-unsupported: .* # SKIP requires no capability staging/)
  assert.match(output, /clients-see-puts: .* # SKIP requires clients that share a namespace/)
  assert.match(output, new RegExp(`# tests ${storageLaws.length}\n`))
  assert.match(output, /# fail 0\n/)
})

test('under node:test a broken law fails its test alone, with the reproduction as message', async () => {
  const { exit, output } = await runUnderNode('believes-the-array')
  assert.equal(exit, 1, output)
  assert.match(output, /not ok \d+ - put-size:/)
  assert.match(output, /# fail 2\n/)
  for (const line of [
    'memory breaks the law put-size',
    'seed: +42',
    'expected: a NexusError InvalidArgument',
    'actual: +success',
  ]) {
    assert.match(output, new RegExp(line))
  }
})

test('laws are registered in order under the name of the subject, and each test runs its law alone', async () => {
  const names: string[] = []
  const bodies: ((context?: unknown) => Promise<void>)[] = []
  const ran: string[] = []
  const law = (id: string): Law<StorageBackend> => ({
    id,
    title: 'runs',
    member: 'put',
    sentence: 'It runs.',
    check: async () => void ran.push(id),
  })
  const describe = (name: string, body: () => void): void => {
    names.push(name)
    body()
  }
  const it = (name: string, body: () => Promise<void>): void => {
    names.push(name)
    bodies.push(body)
  }
  registerLaws(subject, { describe, it }, [law('one'), law('two'), law('six')], { seed: 5, only: ['two', 'six'] })
  assert.deepEqual(names, ['memory keeps the laws of its port (seed 5)', 'two: runs', 'six: runs'])
  assert.deepEqual(ran, [])
  await bodies[1]?.()
  assert.deepEqual(ran, ['six'])
})

test('where the first namespace cannot be opened, one test says so and the others are skipped', async () => {
  const bodies: ((context?: unknown) => Promise<void>)[] = []
  const runner = {
    describe: (_: string, body: () => void) => body(),
    it: (_: string, body: (context?: unknown) => Promise<void>) => bodies.push(body),
  }
  const failing = { ...subject, open: () => Promise.reject(new Error('no route')) }
  registerLaws(failing, runner, storageLaws, { only: ['list-*'] })
  const reasons: string[] = []
  const context = { skip: (reason: string) => reasons.push(reason) }
  const [first, ...others] = bodies
  const why = 'memory cannot be opened: Error: no route; no law was checked'
  await assert.rejects(async () => first?.(context), { message: why })
  for (const body of others) await body(context)
  assert.ok(others.length > 10)
  assert.deepEqual(
    reasons,
    others.map(() => why),
  )
})

test('a runner that cannot skip passes over a law that does not apply', async () => {
  const requires = { description: 'wings', isMet: () => false }
  const check = async (): Promise<never> => {
    throw new LawBroken('checked')
  }
  const bodies: ((context?: unknown) => Promise<void>)[] = []
  const runner = {
    describe: (_: string, body: () => void) => body(),
    it: (_: string, body: () => Promise<void>) => bodies.push(body),
  }
  registerLaws(subject, runner, [{ id: 'fly', member: 'put', title: 'flies', sentence: 'It flies.', requires, check }])
  await bodies[0]?.()
})
