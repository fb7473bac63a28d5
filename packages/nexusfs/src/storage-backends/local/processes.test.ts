// Guards: storage-backends/local/*.ts

import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, describe, it } from 'vitest'
import { LocalBackend } from './local-backend.ts'
import { temporaryNamePattern } from './temporary-name.ts'

const folder = mkdtempSync(join(tmpdir(), 'nexus-local-processes-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const imported = `import { LocalBackend } from ${JSON.stringify(join(import.meta.dirname, 'local-backend.ts'))}\n`

/** Puts blobs named after their digest until it is killed; prints each key that was acknowledged. */
const writer = `${imported}
import { createHash, randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
const backend = await LocalBackend.open({ root: process.argv[1], durability: 'os' })
async function* pieces(bytes) { for (let at = 0; at < bytes.length; at += 5000) yield bytes.subarray(at, at + 5000) }
await Promise.all([0, 1, 2, 3].map(async (writer) => {
  for (let round = 0; ; round++) {
    const bytes = randomBytes(1000 + Math.floor(Math.random() * 500_000))
    const key = 'blobs/' + createHash('sha256').update(bytes).digest('hex')
    if (writer === 0) await backend.put(key, bytes, { size: bytes.length })
    else if (writer === 1) await (await backend.stage(pieces(bytes), { size: bytes.length })).publish(key)
    else await backend.put(key, pieces(bytes), { size: bytes.length })
    writeSync(1, key + '\\n')
  }
}))`

function start(program: string, root: string): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '--eval', program, root], { stdio: ['ignore', 'pipe', 'inherit'] })
}

describe('LocalBackend and other processes', () => {
  it('a writer killed at any moment leaves whole blobs only, every acknowledged one, and names its leftovers', async () => {
    const root = join(folder, 'killed')
    await using backend = await LocalBackend.open({ root, durability: 'os' })
    let acknowledged = 0
    for (let round = 0; round < 5; round++) {
      const child = start(writer, root)
      const ended = once(child, 'exit')
      assert.ok(child.stdout !== null)
      const output = text(child.stdout)
      await Promise.race([once(child.stdout, 'readable'), ended])
      await delay(Math.random() * 60)
      child.kill('SIGKILL')
      await ended
      const keys = (await output).split('\n').slice(0, -1)
      acknowledged += keys.length
      const seen = await verifyAll(backend)
      for (const key of keys) assert.ok(seen.has(key), `${key} was acknowledged in round ${round}`)
      for (const name of temporaryNames(root)) assert.equal(temporaryNamePattern.exec(name)?.groups?.pid, `${child.pid}`)
      clear(root)
      await backend.delete([...seen])
    }
    assert.ok(acknowledged > 0, 'no put was acknowledged before a kill: the test proved nothing')
  })

  it('two processes put and read in one root', async () => {
    const root = join(folder, 'shared')
    await using backend = await LocalBackend.open({ root, durability: 'os' })
    const child = start(
      `${imported}
       await using backend = await LocalBackend.open({ root: process.argv[1], durability: 'os' })
       for (let index = 0; index < 200; index++) await backend.put('aa/' + index + '-theirs', new Uint8Array(100), { size: 100 })`,
      root,
    )
    const ended = once(child, 'exit')
    for (let index = 0; index < 200; index++) await backend.put(`aa/${index}-ours`, new Uint8Array(100), { size: 100 })
    assert.deepEqual(await ended, [0, null])
    assert.equal((await backend.list()).blobs.length, 400)
  })

  it('ten thousand calls at once get by with 256 open files', async () => {
    const program = `${imported}
      await using backend = await LocalBackend.open({ root: process.argv[1], durability: 'os' })
      const bytes = new Uint8Array(2_000_000).fill(5)
      await backend.put('aa/blob', bytes, { size: bytes.length })
      await backend.put('aa/small', bytes.subarray(0, 10), { size: 10 })
      const times = (count, work) => Array.from({ length: count }, (_, index) => work(index))
      async function* body() { yield bytes.subarray(0, 5); await new Promise(setImmediate); yield bytes.subarray(0, 5) }
      const held = times(300, () => backend.stream('aa/blob'))
      await Promise.all(held.map((stream) => stream.next()))
      await Promise.all([
        ...times(9000, () => backend.get('aa/small')),
        ...times(1000, () => backend.stat(['aa/small', 'aa/none'])),
        ...times(500, (index) => backend.put('put/' + index + '-x', bytes.subarray(0, 10), { size: 10 })),
        ...times(500, (index) => backend.put('body/' + index + '-x', body(), { size: 10 })),
        ...times(300, async (index) => (await backend.stage(bytes.subarray(0, 10), { size: 10 })).publish('stage/' + index + '-x')),
        ...times(300, async () => { for await (const piece of backend.stream('aa/blob')) if (piece.length === 0) throw new Error() }),
      ])
      let size = 0
      for (const stream of held) for await (const piece of stream) size += piece.length
      if (size !== 300 * (2_000_000 - 1_048_576)) throw new Error('the held streams gave ' + size)`
    const command = 'ulimit -n 256 && exec "$0" --input-type=module --eval "$1" "$2"'
    await promisify(execFile)('sh', ['-c', command, process.execPath, program, join(folder, 'limited')])
  })
})

/** Every key that is listed; each blob has the digest that its key says. */
async function verifyAll(backend: LocalBackend): Promise<Set<string>> {
  const seen = new Set<string>()
  let after: string | undefined
  do {
    const page = await backend.list({ after })
    for (const { key } of page.blobs) {
      const digest = createHash('sha256')
        .update(await backend.get(key))
        .digest('hex')
      assert.equal(`blobs/${digest}`, key)
      seen.add(key)
    }
    after = page.next
  } while (after !== undefined)
  return seen
}

function temporaryNames(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .map((entry) => entry.name)
    .filter((name) => name.startsWith('.tmp-'))
}

function clear(root: string): void {
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (entry.name.startsWith('.tmp-')) rmSync(join(entry.parentPath, entry.name))
  }
}
