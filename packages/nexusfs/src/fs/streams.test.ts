// Guards: content/chunked-content.ts, content/manifest-writer.ts, content/manifest.ts, content/receive-chunks.ts, content/stored-chunks.ts, fs/operations/streams.ts

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { CallMeter, MeteredBackend } from '../testing/call-meter.ts'
import { ChunkRows } from './chunk-rows.test-fixture.ts'
import type { NexusFS } from './nexus-fs.ts'
import { all, failure, fresh, memoryFixture, orphans } from './store.test-fixture.ts'

/** Chunks of test fixtures have 64 KiB on average, and content above 512 KiB is stored in them. */
const largeBytes = 3_000_000

function* inPieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size)
}

async function collected(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return Buffer.concat(await all(pieces))
}

async function storedBytes(fs: NexusFS): Promise<number> {
  return (await fs.usage('/')).storedBytes ?? 0
}

describe('a large file', () => {
  it('comes out as it went in, whatever it came in as, with the digest of its bytes', async () => {
    const bytes = fresh(largeBytes)
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    const bodies: Readonly<Record<string, () => Parameters<NexusFS['writeStream']>[1]>> = {
      'a list': () => [bytes],
      'a generator': () => inPieces(bytes, 10_000),
      'a Node stream': () => Readable.from(inPieces(bytes, 65_536)),
      'a Web stream': () => new Blob([bytes]).stream() as ReadableStream<Uint8Array>,
      'pieces of one byte and of a million': () => [
        bytes.subarray(0, 1),
        bytes.subarray(1, 1_000_001),
        bytes.subarray(1_000_001),
      ],
    }
    for (const [name, body] of Object.entries(bodies)) {
      await using fixture = await memoryFixture()
      const fs = await fixture.open({ cacheBytes: 0 })
      const entry = await fs.writeStream('/large', body())
      assert.deepEqual([entry.size, entry.digest, entry.version], [largeBytes, digest, 1], name)
      assert.ok(Buffer.from(bytes).equals(await collected(fs.readStream('/large'))), name)
      assert.ok(Buffer.from(bytes).equals(await fs.read('/large')), name)
    }
  })

  it('written at one go, or as a stream, is the same content, stored once', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    const bytes = fresh(largeBytes)
    const { digest } = await fs.write('/at-once', bytes)
    assert.equal((await fs.writeStream('/stream', inPieces(bytes, 9999))).digest, digest)
    assert.equal(await storedBytes(fs), largeBytes)
    await fs.close()
    assert.deepEqual(await orphans(fixture), [])
  })

  it('may use the memory of its pieces again', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    const bytes = fresh(largeBytes)
    const reused = new Uint8Array(4096)
    await fs.writeStream(
      '/large',
      (function* () {
        for (const piece of inPieces(bytes, reused.length)) {
          reused.set(piece)
          yield reused.subarray(0, piece.length)
          reused.fill(0)
        }
      })(),
    )
    assert.ok(Buffer.from(bytes).equals(await fs.read('/large')))
  })

  it('that turns out small is stored like any small file', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    for (const [path, body] of Object.entries({ '/none': [], '/tiny': ['ti', 'ny'], '/small': [fresh(5000)] })) {
      const entry = await fs.writeStream(path, body)
      assert.deepEqual(await collected(fs.readStream(path)), Buffer.from(await fs.read(path)))
      assert.equal(entry.size, (await fs.read(path)).length)
    }
  })

  it('of which a little changes is stored again for that little only', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    const bytes = fresh(largeBytes)
    await fs.write('/large', bytes)
    const before = await storedBytes(fs)
    const edited = Buffer.concat([bytes.subarray(0, 1_500_000), Buffer.from('one line more\n'), bytes.subarray(1_500_000)])
    await fs.writeStream('/large', inPieces(edited, 30_000))
    assert.ok((await storedBytes(fs)) - before < 600_000, `${(await storedBytes(fs)) - before} bytes more`)
    assert.ok(edited.equals(await fs.read('/large')))
    assert.ok(Buffer.from(bytes).equals(await fs.read('/large', { version: 1 })))
  })

  it('gives a part of it for the chunks that the part touches', async () => {
    await using fixture = await memoryFixture()
    const meter = new CallMeter()
    const bytes = fresh(largeBytes)
    const fs = await fixture.open({ cacheBytes: 0, overStorage: (backend) => new MeteredBackend(backend, meter) })
    await fs.write('/large', bytes)
    for (const [start, length] of [
      [0, 10],
      [1_234_567, 100],
      [largeBytes - 5, 100],
      [largeBytes, 1],
      [999_999, 0],
    ] as const) {
      meter.reset()
      assert.deepEqual(await fs.readRange('/large', { start, length }), bytes.slice(start, start + length))
      assert.deepEqual(
        await collected(fs.readStream('/large', { start, length })),
        Buffer.from(bytes.slice(start, start + length)),
      )
      assert.ok((meter.report().methods.get?.calls ?? 0) <= 4, `${start}: ${JSON.stringify(meter.report().methods)}`)
    }
  })

  it('is read no further than somebody asks for', async () => {
    await using fixture = await memoryFixture()
    const meter = new CallMeter()
    const fs = await fixture.open({ cacheBytes: 0, overStorage: (backend) => new MeteredBackend(backend, meter) })
    await fs.write('/large', fresh(9_000_000))
    meter.reset()
    const stream = fs.readStream('/large')
    assert.equal(meter.report().methods.get?.calls ?? 0, 0)
    for await (const piece of stream) if (piece.length > 0) break
    const calls = meter.report().methods.get?.calls ?? 0
    assert.ok(calls > 0 && calls < 90, `${calls} of about 110 chunks`)
    await sleep(20)
    assert.equal(meter.report().methods.get?.calls, calls)
  })
})

describe('a stream that is written', () => {
  it('is asked for more only when there is room', async () => {
    await using fixture = await memoryFixture()
    let release: () => void = () => undefined
    const blocked = new Promise<void>((resolve) => {
      release = resolve
    })
    const fs = await fixture.open({
      overStorage: (backend) => {
        const put = backend.put.bind(backend)
        return Object.assign(backend, {
          put: async (...args: Parameters<typeof put>) => {
            await blocked
            return put(...args)
          },
        })
      },
    })
    let given = 0
    const writing = fs.writeStream(
      '/large',
      (function* () {
        for (const piece of inPieces(fresh(6_000_000), 50_000)) {
          given += piece.length
          yield piece
        }
      })(),
    )
    await sleep(200)
    assert.ok(given < 3_000_000, `${given} bytes were taken while nothing could be stored`)
    release()
    assert.equal((await writing).size, 6_000_000)
  })

  it('and fails changes nothing, and its own error comes back', async () => {
    await using fixture = await memoryFixture()
    const rows: ChunkRows[] = []
    const fs = await fixture.open({
      overMetadata: (store) => {
        rows.push(new ChunkRows(store))
        return rows[0] ?? store
      },
    })
    await fs.write('/other', fresh(largeBytes))
    const kept = rows[0]?.count ?? 0
    await fs.write('/file', 'as it was')
    const mishap = new Error('the tape broke')
    const body = async function* (): AsyncGenerator<Uint8Array> {
      yield* inPieces(fresh(largeBytes), 40_000)
      throw mishap
    }
    await assert.rejects(fs.writeStream('/file', body()), (error) => error === mishap)
    assert.equal(await fs.readText('/file'), 'as it was')
    await fs.close()
    assert.deepEqual(await orphans(fixture), [])
    assert.deepEqual([rows[0]?.count, kept > 30], [kept, true])
  })

  it('and is cancelled tells its source to stop, also while that gives nothing', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    let isStopped = false
    const controller = new AbortController()
    const body = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<Uint8Array>>(() => undefined),
        return: async () => {
          isStopped = true
          return { value: undefined, done: true as const }
        },
      }),
    }
    const writing = failure(() => fs.writeStream('/file', body, { signal: controller.signal }))
    await sleep(10)
    controller.abort()
    assert.deepEqual([(await writing).code, (await writing).outcome], ['Aborted', 'none'])
    assert.equal(isStopped, true)
  })

  it('that must fail in the end is refused before its source is asked', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    await fs.write('/file', 'x')
    await fs.mkdir('/d')
    let asked = 0
    const body = (): Iterable<string> => ({
      [Symbol.iterator]: () => ({
        next: () => {
          asked++
          return { value: undefined, done: true as const }
        },
      }),
    })
    assert.equal((await failure(() => fs.writeStream('/file', body(), { ifNoneMatch: '*' }))).code, 'AlreadyExists')
    assert.equal((await failure(() => fs.writeStream('/file', body(), { ifMatch: 'x' }))).code, 'Conflict')
    assert.equal((await failure(() => fs.writeStream('/d', body()))).code, 'IsADirectory')
    assert.equal(asked, 0)
  })

  it('refuses what is no stream of bytes', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    for (const body of [undefined, null, 7, 'text', new Uint8Array(3), {}, [7], [null], [['x']], ['\ud800']]) {
      const error = await failure(() => fs.writeStream('/file', body as never))
      assert.equal(error.code, 'InvalidArgument', String(body))
    }
    assert.equal(await fs.exists('/file'), false)
  })

  it('of the same content as another at the same time leaves one of them', async () => {
    await using fixture = await memoryFixture()
    const [one, two] = [await fixture.open(), await fixture.open()]
    const bytes = fresh(largeBytes)
    const written = await Promise.all(
      [one, two, one].map((fs, index) => fs.writeStream(`/copy-${index}`, inPieces(bytes, 20_000 + index))),
    )
    assert.equal(new Set(written.map(({ digest }) => digest)).size, 1)
    assert.equal(await storedBytes(one), largeBytes)
    await Promise.all([one.close(), two.close()])
    assert.deepEqual(await orphans(fixture), [])
  })
})

describe('damage in a large file', () => {
  it('is Corrupt with the path, for the parts that it touches; the rest stays readable, and writing it again mends it', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open({ cacheBytes: 0 })
    const bytes = fresh(largeBytes)
    await fs.write('/large', bytes)
    const storage = await fixture.storage()
    const { blobs } = await storage.list()
    const victim = blobs.find(({ size }) => size > 1000)
    assert.ok(victim !== undefined)
    const chunk = await storage.get(victim.key)
    const at = Buffer.from(bytes).indexOf(chunk)
    await storage.delete([victim.key])
    for (const read of [
      () => fs.read('/large'),
      () => collected(fs.readStream('/large')),
      () => fs.readRange('/large', { start: at, length: 1 }),
    ]) {
      const error = await failure(read)
      assert.equal(error.code, 'Corrupt')
      assert.match(error.message, /^\/large: /)
    }
    const elsewhere = at === 0 ? chunk.length : 0
    assert.deepEqual(await fs.readRange('/large', { start: elsewhere, length: 10 }), bytes.slice(elsewhere, elsewhere + 10))
    await fs.write('/again', bytes)
    assert.ok(Buffer.from(bytes).equals(await fs.read('/large')))
  })
})

describe('damage below an appended file', () => {
  it('is Corrupt with the path, and is mended by writing the same bytes', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open({ cacheBytes: 0, inlineBytes: 0 })
    const [beginning, line] = [fresh(100_000), fresh(200)]
    await fs.write('/log', beginning)
    await fs.append('/log', line)
    const storage = await fixture.storage()
    const root = (await storage.list()).blobs.find(({ size }) => size === 100_000)
    assert.ok(root !== undefined)
    await storage.delete([root.key])
    for (const read of [() => fs.read('/log'), () => fs.readRange('/log', { start: 5, length: 5 })]) {
      const error = await failure(read)
      assert.equal(error.code, 'Corrupt')
      assert.match(error.message, /^\/log: /)
    }
    const other = await fixture.open({ cacheBytes: 0, inlineBytes: 0 })
    const whole = Buffer.concat([beginning, line])
    await other.write('/again', whole)
    assert.ok(whole.equals(await fs.read('/log')))
    await fs.append('/log', line)
    assert.ok(Buffer.concat([whole, line]).equals(await fs.read('/log')))
  })

  it('is not acknowledged by an append of a process that has to read it', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open({ cacheBytes: 0, inlineBytes: 0 })
    await fs.write('/log', fresh(100_000))
    const storage = await fixture.storage()
    await storage.delete((await storage.list()).blobs.map(({ key }) => key))
    assert.equal((await failure(() => fs.append('/log', 'x'))).code, 'Corrupt')
    assert.equal((await fs.stat('/log'))?.kind === 'file' && (await all(fs.versions('/log'))).length, 1)
  })
})

describe('appends of several processes', () => {
  it('to one large file all get in, whole and one behind the other', async () => {
    await using fixture = await memoryFixture()
    const clients = await Promise.all([1, 2, 3].map(() => fixture.open()))
    await clients[0]?.write('/log', fresh(600_000))
    const lines = Array.from({ length: 60 }, (_, n) => `line ${String(n).padStart(3, '0')}\n`)
    await Promise.all(lines.map((line, n) => clients[n % 3]?.append('/log', line)))
    const text = Buffer.from((await clients[0]?.readRange('/log', { start: 600_000 })) ?? []).toString()
    assert.deepEqual(
      text.split('\n').slice(0, -1).sort(),
      lines.map((line) => line.trim()),
    )
  })
})

describe('a part of a file that is replaced', () => {
  it('changes those bytes alone, with zeros up to an offset behind the end', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    for (const size of [0, 5, 5000, largeBytes]) {
      const bytes = fresh(size)
      await fs.write('/file', bytes)
      for (const offset of [0, 3, size, size + 7]) {
        const want = Buffer.alloc(Math.max(size, offset + 2))
        want.set(bytes)
        want.write('ab', offset)
        const { size: after } = await fs.writeAt('/file', offset, 'ab')
        assert.equal(after, want.length)
        assert.ok(want.equals(await fs.read('/file')), `${size}: ${offset}`)
        await fs.write('/file', bytes)
      }
      for (const target of [0, 2, size, size + 9]) {
        const { size: after } = await fs.truncate('/file', target)
        assert.equal(after, target)
        assert.ok(
          Buffer.concat([bytes, Buffer.alloc(9)])
            .subarray(0, target)
            .equals(await fs.read('/file')),
        )
        await fs.write('/file', bytes)
      }
    }
  })

  it('needs a file, and whole numbers', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    await fs.mkdir('/d')
    assert.equal((await failure(() => fs.writeAt('/none', 0, 'x'))).code, 'NotFound')
    assert.equal((await failure(() => fs.truncate('/none', 0))).code, 'NotFound')
    assert.equal((await failure(() => fs.truncate('/d', 0))).code, 'IsADirectory')
    await fs.write('/file', 'x')
    for (const wrong of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '1' as never]) {
      assert.equal((await failure(() => fs.writeAt('/file', wrong, 'x'))).code, 'InvalidArgument')
      assert.equal((await failure(() => fs.truncate('/file', wrong))).code, 'InvalidArgument')
    }
  })

  it('loses no update of others at the same time', async () => {
    await using fixture = await memoryFixture()
    const [one, two] = [await fixture.open(), await fixture.open()]
    await one.write('/file', new Uint8Array(20))
    await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 ? one : two).writeAt('/file', at, Uint8Array.of(at + 1))))
    assert.deepEqual(
      [...(await one.read('/file'))],
      Array.from({ length: 20 }, (_, at) => at + 1),
    )
  })
})
