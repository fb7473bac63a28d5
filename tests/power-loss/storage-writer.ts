import { createHash, randomBytes } from 'node:crypto'
import { fstatSync, openSync, writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { type FileCalls, nodeFileCalls } from '../../packages/nexusfs/src/storage-backends/local/file-calls.ts'
import { LocalBackend } from '../../packages/nexusfs/src/storage-backends/local/local-backend.ts'

// Puts blobs for ever, in every way that a backend has, several at a time; acknowledges each as `<key> <digest>`.
// `no-file-fsync` and `no-folder-fsync` make it a writer that forgets one of the two.

const [root = '', acknowledgements = '', , forgotten = ''] = process.argv.slice(2)
const output = openSync(acknowledgements, 'a')
const backend = await LocalBackend.open({ root, durability: 'disk' }, forgetful(forgotten))
const store = 'ab'.repeat(16)

type Way = (key: string, bytes: Uint8Array) => Promise<void>

/** With the file's fsync over before its rename, nothing but the folder's fsync makes the name durable. */
const stageSlowly: Way = async (key, bytes) => {
  const staged = await backend.stage(bytes, { size: bytes.length })
  await delay(10)
  await staged.publish(key)
}

const allWays: readonly Way[] = [
  (key, bytes) => backend.put(key, bytes, { size: bytes.length }),
  (key, bytes) => backend.put(key, inPieces(bytes), { size: bytes.length }),
  async (key, bytes) => (await backend.stage(bytes, { size: bytes.length })).publish(key),
  stageSlowly,
]

// The fsync of a later file hides that a folder's fsync was forgotten: so the writer is alone then, and rests after each put.
const isLone = forgotten === 'no-folder-fsync'
const ways = isLone ? [stageSlowly] : allWays
const writers = isLone ? [0] : [0, 1, 2, 3]

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000)
}

async function putForEver(writer: number): Promise<void> {
  for (let round = 0; ; round++) {
    const bytes = randomBytes(1 + Math.floor(Math.random() * (round % 10 === 0 ? 2_000_000 : 60_000)))
    const digest = createHash('sha256').update(bytes).digest('hex')
    // Some keys of another form, whose folders are made one at a time.
    const key = round % 5 === 0 ? `other-${writer}/x${digest}` : `${store}/${digest}/writer-${writer}/round-${round}`
    await ways[round % ways.length]?.(key, bytes)
    writeSync(output, `${key} ${digest}\n`)
    if (isLone) await delay(40)
  }
}

function forgetful(what: string): FileCalls {
  const sync = async (fd: number): Promise<void> => {
    const kind = fstatSync(fd).isDirectory() ? 'no-folder-fsync' : 'no-file-fsync'
    if (what !== kind) await nodeFileCalls.sync(fd)
  }
  return { ...nodeFileCalls, sync }
}

await Promise.all(writers.map(putForEver))
