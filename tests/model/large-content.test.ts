// Guards: content/receive-chunks.ts, content/manifest-writer.ts, content/manifest.ts, content/stored-chunks.ts, fs/operations/*.ts

import assert from 'node:assert/strict'
import { createCipheriv, createHash } from 'node:crypto'
import { MemoryBackend, MemoryStore, NexusFS } from 'nexusfs'
import { type SeededRandom, seededRandom } from 'nexusfs/testing'
import { describe, it } from 'vitest'
import { seed } from './check-against-model.ts'

/** Chunks of 64 KiB on average: content above 512 KiB is stored in them. */
const preferredChunkBytes = 64 * 1024
const runs = Number(process.env.NEXUS_LARGE_RUNS ?? 30)
const stepsPerRun = 30
/** After so many milliseconds no further run begins; a third of them at least. */
const boxMs = 20_000
const leastRuns = Math.ceil(runs / 3)
const mostBytes = 2_500_000

type Tested = Pick<
  NexusFS,
  | 'append'
  | 'copy'
  | 'edit'
  | 'read'
  | 'readRange'
  | 'readStream'
  | 'remove'
  | 'restore'
  | 'rollback'
  | 'truncate'
  | 'write'
  | 'writeAt'
  | 'writeStream'
>

/** The versions of each file, the oldest first, as plain buffers. */
type Model = Map<string, Buffer[]>

const paths = ['/a', '/b', '/d/c'] as const

/** The output of a stream cipher, so that no two chunks are alike. */
function freshBytes(random: SeededRandom, size: number): Buffer {
  return createCipheriv('aes-128-ctr', random.bytes(16), new Uint8Array(16)).update(new Uint8Array(size))
}

/** Around the size from which on content is in chunks, or well above it. */
function someSize(random: SeededRandom): number {
  return random.pick([0, 100, 524_288, 524_289, random.integer(500_000, 600_000), random.integer(600_000, mostBytes)])
}

function* inPieces(bytes: Buffer, random: SeededRandom): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; ) {
    const size = random.pick([1, 1000, 65_536, 300_000])
    yield bytes.subarray(from, from + size)
    from += size
  }
}

class Run {
  readonly #fs: Tested
  readonly #random: SeededRandom
  readonly #model: Model = new Map()

  constructor(fs: Tested, random: SeededRandom) {
    this.#fs = fs
    this.#random = random
  }

  async step(): Promise<void> {
    const path = this.#random.pick(paths)
    const versions = this.#model.get(path)
    const now = versions?.at(-1)
    if (versions === undefined || now === undefined) return this.#writeNew(path)
    const act = this.#random.pick([this.#change, this.#change, this.#write, this.#again, this.#copy, this.#read, this.#read])
    await act.call(this, path, versions, now)
  }

  /** Every version of every file, by itself. */
  async compareAll(): Promise<void> {
    for (const [path, versions] of this.#model) {
      for (const [index, bytes] of versions.entries()) {
        same(await this.#fs.read(path, { version: index + 1 }), bytes, `${path} v${index + 1}`)
      }
    }
  }

  async #writeNew(path: string): Promise<void> {
    this.#model.set(path, [])
    await this.#write(path)
  }

  async #write(path: string): Promise<void> {
    const bytes = freshBytes(this.#random, someSize(this.#random))
    const streamed = this.#random.pick([true, false])
    const writing = streamed ? this.#fs.writeStream(path, inPieces(bytes, this.#random)) : this.#fs.write(path, bytes)
    this.#expect(path, bytes, await writing)
  }

  async #change(path: string, _: readonly Buffer[], now: Buffer): Promise<void> {
    const random = this.#random
    const at = random.integer(0, now.length)
    const part = freshBytes(random, random.pick([0, 1, 5000, 200_000]))
    switch (random.pick(['insert', 'writeAt', 'writeAt', 'truncate', 'append'] as const)) {
      case 'insert': {
        const insert = (bytes: Uint8Array): Buffer => Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)])
        const entry = await this.#fs.edit(path, (bytes) => insert(bytes ?? new Uint8Array()))
        return this.#expect(path, insert(now), entry)
      }
      case 'writeAt': {
        const offset = random.pick([at, at, now.length + 70_000])
        const changed = Buffer.alloc(Math.max(now.length, offset + part.length))
        now.copy(changed)
        part.copy(changed, offset)
        return this.#expect(path, changed, await this.#fs.writeAt(path, offset, part))
      }
      case 'truncate': {
        const size = random.pick([at, at, now.length + 100_000])
        const changed = Buffer.alloc(size)
        now.copy(changed)
        return this.#expect(path, changed, await this.#fs.truncate(path, size))
      }
      case 'append':
        return this.#expect(path, Buffer.concat([now, part]), await this.#fs.append(path, part))
    }
  }

  /** What was there before comes back. */
  async #again(path: string, versions: readonly Buffer[], now: Buffer): Promise<void> {
    if (this.#random.pick([true, false])) {
      await this.#fs.remove(path)
      await this.#fs.restore(path)
      return same(await this.#fs.read(path), now, `${path} restored`)
    }
    const version = this.#random.integer(1, versions.length)
    const entry = await this.#fs.rollback(path, version)
    this.#expect(path, versions[version - 1] ?? now, entry)
  }

  async #copy(path: string, _: readonly Buffer[], now: Buffer): Promise<void> {
    const to = this.#random.pick(paths.filter((other) => other !== path))
    const entry = await this.#fs.copy(path, to, { overwrite: true })
    if (!this.#model.has(to)) this.#model.set(to, [])
    this.#expect(to, now, entry)
  }

  async #read(path: string, versions: readonly Buffer[]): Promise<void> {
    const random = this.#random
    const version = random.integer(1, versions.length)
    const bytes = versions[version - 1] ?? Buffer.alloc(0)
    const start = random.pick([0, random.integer(0, bytes.length), random.integer(0, bytes.length)])
    const most = random.pick([Number.POSITIVE_INFINITY, 1, 70_000, 400_000])
    const length = most === Number.POSITIVE_INFINITY ? undefined : most
    const part = bytes.subarray(start, start + most)
    const what = `${path} v${version} from ${start}, ${length} bytes`
    const pieces: Uint8Array[] = []
    for await (const piece of this.#fs.readStream(path, { version, start, length })) pieces.push(piece)
    same(Buffer.concat(pieces), part, `stream of ${what}`)
    same(await this.#fs.readRange(path, { version, start, length }), part, `range of ${what}`)
  }

  /** The digest that is told is that of the bytes; whether they come back, reading shows. */
  #expect(
    path: string,
    bytes: Buffer,
    { version, size, digest }: { readonly version: number; readonly size: number; readonly digest: string },
  ): void {
    const versions = this.#model.get(path) ?? []
    versions.push(bytes)
    const told = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    assert.deepEqual([version, size, digest], [versions.length, bytes.length, told], path)
  }
}

function same(actual: Uint8Array, expected: Buffer, what: string): void {
  if (!expected.equals(actual)) assert.fail(`${what}: ${actual.length} bytes that differ from the ${expected.length} written`)
}

async function check(plant: (fs: NexusFS) => Tested = (fs) => fs): Promise<void> {
  const started = performance.now()
  let done = 0
  for (; done < runs && performance.now() - started < boxMs; done++) {
    const storage = await MemoryBackend.open({ preferredChunkBytes })
    await using fs = await NexusFS.open({ storage, metadata: await MemoryStore.open(), cacheBytes: 0 })
    const run = new Run(plant(fs), seededRandom('large content', seed, done))
    for (let step = 0; step < stepsPerRun; step++) await run.step()
    await run.compareAll()
  }
  console.log(`large content: seed ${seed}, ${done} of ${runs} runs`)
  assert.ok(done >= leastRuns, `${done} runs within ${boxMs} ms are too few to show anything`)
}

/** One behaviour changed each. */
const planted: Record<string, (fs: NexusFS) => Partial<Tested>> = {
  'a writer forgets one chunk': (fs) => ({
    writeStream: (path, body) => fs.writeStream(path, withoutSecond(body)),
  }),
  'a reader mixes up the order of two chunks': (fs) => ({
    readStream: (path, options) => ReadableStream.from(mixedUp(fs.readStream(path, options))),
  }),
  'a change at an offset is made one byte behind it': (fs) => ({
    writeAt: (path, offset, content, options) => fs.writeAt(path, offset + 1, content, options),
  }),
  'what a file is filled up with is not zero': (fs) => ({
    truncate: async (path, size, options) => {
      const bytes = await fs.read(path)
      return fs.write(path, Buffer.concat([bytes.subarray(0, size), Buffer.alloc(Math.max(0, size - bytes.length), 1)]), options)
    },
  }),
}

async function* withoutSecond(body: Parameters<NexusFS['writeStream']>[1]): AsyncGenerator<Uint8Array | string> {
  let count = 0
  for await (const piece of body) if (++count !== 2) yield piece
}

async function* mixedUp(pieces: AsyncIterable<Uint8Array<ArrayBuffer>>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let held: Uint8Array<ArrayBuffer> | undefined
  for await (const piece of pieces) {
    if (held === undefined) {
      held = piece
      continue
    }
    yield piece
    yield held
    held = undefined
  }
  if (held !== undefined) yield held
}

function withPlanted(bug: (fs: NexusFS) => Partial<Tested>): (fs: NexusFS) => Tested {
  return (fs) => {
    const changed = bug(fs)
    return new Proxy(fs, {
      get: (target, name) => {
        const method: unknown = Reflect.get(changed, name) ?? Reflect.get(target, name)
        return typeof method === 'function' ? method.bind(target) : method
      },
    })
  }
}

describe(`large content, against plain buffers (replay with NEXUS_SEED=${seed})`, () => {
  it('is what was written, whatever is done with it', () => check(), boxMs + 30_000)
  for (const [name, bug] of Object.entries(planted)) {
    it(
      `notices a planted bug: ${name}`,
      () => assert.rejects(check(withPlanted(bug)), { name: 'AssertionError', message: /\/[abc]/ }),
      boxMs + 30_000,
    )
  }
})
