import type { CallOptions, StorageBackend } from 'nexusfs'
import { expectRejection, expectThat, settle } from '../expect.ts'
import {
  anyKey,
  contentOf,
  expectAbsent,
  expectBlob,
  inPieces,
  put,
  putAll,
  readAll,
  type StorageLaw,
  turns,
} from './fixtures.ts'
import { sentences } from './sentences.ts'
import { stagingRequired } from './stage-laws.ts'

/** Calls that are cancelled. */
export const abortLaws: readonly StorageLaw[] = [
  fired('put', async (port, options) => port.put('ab/cd', new Uint8Array(3), { ...options, size: 3 })),
  fired('get', async (port, options) => port.get('ab/aa', options)),
  fired('stream', async (port, options) => readAll(port.stream('ab/aa', options))),
  fired('stat', async (port, options) => port.stat(['ab/aa'], options)),
  fired('delete', async (port, options) => port.delete(['ab/aa'], options)),
  fired('list', async (port, options) => port.list(options)),
  {
    ...fired('stage', async (port, options) => port.stage?.(new Uint8Array(3), { ...options, size: 3 })),
    requires: stagingRequired,
  },
  {
    id: 'abort-put',
    member: 'put',
    title: 'a put that is cancelled between two pieces rejects with Aborted and leaves nothing visible',
    sentence: sentences.cancelled,
    async check({ port, random }) {
      const key = anyKey(random)
      const cancel = new AbortController()
      async function* body(): AsyncGenerator<Uint8Array> {
        yield random.bytes(100)
        cancel.abort()
        yield random.bytes(100)
      }
      const call = (): Promise<void> => port.put(key, body(), { size: 200, signal: cancel.signal })
      await expectRejection(call, 'Aborted', 'put of a body that cancels half-way', key)
      await expectAbsent(port, key, 'stat after a put that was cancelled')
    },
  },
  {
    id: 'abort-stalled-put',
    member: 'put',
    title: 'a put can be cancelled while its body stalls',
    sentence: sentences.cancelled,
    async check({ port, random }) {
      const key = anyKey(random)
      const cancel = new AbortController()
      const stall = Promise.withResolvers<void>()
      async function* body(): AsyncGenerator<Uint8Array> {
        yield random.bytes(100)
        await stall.promise
        yield random.bytes(100)
      }
      const outcome = settle(() => port.put(key, body(), { size: 200, signal: cancel.signal }))
      await turns()
      cancel.abort()
      const first = await Promise.race([outcome, afterMs(1_000)])
      stall.resolve()
      expectThat(first !== 'late', 'put had not ended 1,000 ms after it was cancelled, for its body stalled', { key })
      await expectRejection(() => unwrap(outcome), 'Aborted', 'put that was cancelled while its body stalled', key)
      await expectAbsent(port, key, 'stat after a put that was cancelled')
    },
  },
  {
    id: 'abort-stream',
    member: 'stream',
    title: 'a stream that is cancelled between two pieces rejects with Aborted',
    sentence: sentences.cancelled,
    async check({ port, random }) {
      const key = anyKey(random)
      await put(port, key, random.bytes(3_000_000))
      const cancel = new AbortController()
      const read = async (): Promise<void> => {
        for await (const piece of port.stream(key, { signal: cancel.signal })) {
          expectThat(piece.length < 3_000_000, 'a stream of 3 MB has more than one piece', { key })
          cancel.abort()
        }
      }
      await expectRejection(read, 'Aborted', 'the piece asked for after the stream was cancelled', key)
    },
  },
  {
    id: 'abort-late',
    member: 'put',
    title: 'a signal that fires after a call returned changes nothing',
    sentence: sentences.durable,
    async check({ port, random }) {
      const cancel = new AbortController()
      const bytes = random.bytes(500)
      await port.put('late/array', bytes, { size: 500, signal: cancel.signal })
      await port.put('late/pieces', inPieces(bytes, 100), { size: 500, signal: cancel.signal })
      cancel.abort()
      await turns()
      await expectBlob(port, 'late/array', bytes, 'get after the signal of a put fired late')
      await expectBlob(port, 'late/pieces', bytes, 'get after the signal of a put fired late')
    },
  },
]

/** The call with a signal that has fired: it rejects, and has done nothing. */
function fired(method: StorageLaw['member'], call: (port: StorageBackend, options: CallOptions) => Promise<unknown>): StorageLaw {
  return {
    id: `aborted-${method}`,
    member: method,
    title: `${method} with a signal that has fired rejects with Aborted and does nothing`,
    sentence: sentences.cancelled,
    async check({ port }) {
      await putAll(port, ['ab/aa'])
      const options = { signal: AbortSignal.abort() }
      await expectRejection(() => call(port, options), 'Aborted', `${method} with a signal that has fired`)
      await expectBlob(port, 'ab/aa', contentOf('ab/aa'), `get after the ${method} that was cancelled`)
      await expectAbsent(port, 'ab/cd', `stat after the ${method} that was cancelled`)
    },
  }
}

async function afterMs(ms: number): Promise<'late'> {
  await new Promise((resolve) => setTimeout(resolve, ms).unref())
  return 'late'
}

async function unwrap<Value>(outcome: Promise<PromiseSettledResult<Value>>): Promise<Value> {
  const settled = await outcome
  if (settled.status === 'rejected') throw settled.reason
  return settled.value
}
