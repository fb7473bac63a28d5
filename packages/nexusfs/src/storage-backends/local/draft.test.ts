import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, it } from 'vitest'
import { LocalBackend } from './local-backend.ts'
import { startTimeOf, TemporaryNames } from './temporary-name.ts'

const folder = mkdtempSync(join(tmpdir(), 'nexus-stale-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const random = 'f'.repeat(32)
const { machine } = await TemporaryNames.ofThisProcess()

async function newRoot(name: string): Promise<string> {
  const root = join(folder, name)
  await (await LocalBackend.open({ root, durability: 'os' })).close()
  return root
}

/** The names that are left once a process has opened the storage and its sweep has had time. */
async function swept(root: string): Promise<string[]> {
  const backend = await LocalBackend.open({ root, durability: 'os', create: false })
  let before = readdirSync(join(root, 'tmp')).length
  for (let waited = 0; waited < 40; waited++) {
    await delay(25)
    const now = readdirSync(join(root, 'tmp')).length
    if (now === before && waited > 3) break
    before = now
  }
  await backend.close()
  return readdirSync(join(root, 'tmp'))
}

function plant(root: string, name: string, ageMs = 0): string {
  const path = join(root, 'tmp', name)
  writeFileSync(path, 'half a blo')
  const then = new Date(Date.now() - ageMs)
  utimesSync(path, then, then)
  return path
}

const writer = `import { LocalBackend } from ${JSON.stringify(join(import.meta.dirname, 'local-backend.ts'))}
const backend = await LocalBackend.open({ root: process.argv[1], durability: 'os' })
async function* slowly() { yield new Uint8Array(100_000); process.stdout.write('writing'); await new Promise((resolve) => setTimeout(resolve, 60_000)) }
await Promise.all([backend.put('group/name', slowly(), { size: 200_000 }), backend.stage(slowly(), { size: 200_000 })])`

describe('temporary files of a writer', () => {
  it('are kept while it lives, and are swept when the storage is opened after it was killed', async () => {
    const root = await newRoot('killed')
    const child = spawn(process.execPath, ['--input-type=module', '--eval', writer, root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit')
    assert.ok(child.stdout !== null)
    for (let seen = 0; seen < 'writing'.length * 2; ) seen += String((await once(child.stdout, 'data'))[0]).length
    assert.equal(readdirSync(join(root, 'tmp')).length, 2)
    assert.equal((await swept(root)).length, 2)
    child.kill('SIGKILL')
    await ended
    assert.deepEqual(await swept(root), [])
    assert.deepEqual(
      readdirSync(join(root, 'blobs'), { recursive: true }).filter((path) => String(path).includes('.tmp-')),
      [],
    )
  })

  it('are kept where the process lives under that number since that time, and swept where another one has the number', async () => {
    const root = await newRoot('numbers')
    const parent = process.ppid
    const alive = plant(root, `.tmp-${machine}-${parent}-${await startTimeOf(parent)}-${random}`)
    const own = plant(root, `.tmp-${machine}-${process.pid}-1-${random}`)
    const unknownStart = plant(root, `.tmp-${machine}-${parent}-0-${random}`)
    const reused = plant(root, `.tmp-${machine}-${parent}-1-${random}`)
    const gone = plant(root, `.tmp-${machine}-4194304-77-${random}`)
    await swept(root)
    assert.deepEqual([alive, own, unknownStart, reused, gone].map(existsSync), [true, true, true, false, false])
  })

  it('of another machine, boot or process namespace are swept when they are a day old', async () => {
    const root = await newRoot('foreign')
    const young = plant(root, `.tmp-000000000000-1-1-${random}`, 23 * 3_600_000)
    const old = plant(root, `.tmp-111111111111-1-1-${random}`, 25 * 3_600_000)
    await swept(root)
    assert.deepEqual([young, old].map(existsSync), [true, false])
  })

  it('are the only ones that are touched', async () => {
    const root = await newRoot('others')
    for (const name of ['notes', '.tmp-left', `.tmp-${machine}-1-1-short`, `x.tmp-${machine}-4194304-77-${random}`])
      plant(root, name, 10 * 86_400_000)
    assert.equal((await swept(root)).length, 4)
  })

  it('are swept a thousand at a time, and no sweep keeps a storage from closing', async () => {
    const root = await newRoot('many')
    for (let n = 0; n < 1500; n++) plant(root, `.tmp-${machine}-4194304-${n}-${random}`)
    assert.equal((await swept(root)).length, 500)
    await (await LocalBackend.open({ root, durability: 'os' })).close()
    assert.deepEqual(await swept(root), [])
  })

  it('that cannot be removed keep nobody from opening', async () => {
    const root = await newRoot('folder')
    mkdirSync(join(root, 'tmp', `.tmp-${machine}-4194304-77-${random}`))
    const backend = await LocalBackend.open({ root, durability: 'os' })
    await backend.put('group/name', new Uint8Array(3), { size: 3 })
    await backend.close()
  })
})
