import type { StorageBackend } from 'nexusfs'
import { isNexusError } from 'nexusfs/errors'
import { expectBytes, expectRejection, expectThat, settle } from '../expect.ts'
import { clientsShareANamespace } from '../law.ts'
import { anyKey, contentOf, expectBlob, put, putAll, readAll, type StorageLaw, turns } from './fixtures.ts'
import { sentences } from './sentences.ts'
import { stagingRequired } from './stage-laws.ts'

/** The end of a client. */
export const closeLaws: readonly StorageLaw[] = [
  {
    id: 'close-idempotent',
    member: 'close',
    title: 'close may be called again, also at the same time',
    sentence: sentences.close,
    async check({ port, random }) {
      await put(port, anyKey(random), random.bytes(3))
      await Promise.all([port.close(), port.close()])
      await port.close()
    },
  },
  closed('put', async (port) => port.put('ab/cd', new Uint8Array(3), { size: 3 })),
  closed('get', async (port) => port.get('ab/aa')),
  closed('stream', async (port) => readAll(port.stream('ab/aa'))),
  closed('stat', async (port) => port.stat(['ab/aa'])),
  closed('delete', async (port) => port.delete(['ab/aa'])),
  closed('list', async (port) => port.list()),
  { ...closed('stage', async (port) => port.stage?.(new Uint8Array(3), { size: 3 })), requires: stagingRequired },
  {
    id: 'close-waits',
    member: 'close',
    title: 'close waits for a put under way, which succeeds',
    sentence: sentences.close,
    async check({ port, random }) {
      const started = Promise.withResolvers<void>()
      const more = Promise.withResolvers<void>()
      async function* body(): AsyncGenerator<Uint8Array> {
        started.resolve()
        yield random.bytes(50)
        await more.promise
        yield random.bytes(50)
      }
      const putting = settle(() => port.put('ab/cd', body(), { size: 100 }))
      await Promise.race([started.promise, putting])
      let isClosed = false
      const closing = settle(() => port.close()).then(() => {
        isClosed = true
      })
      await turns()
      const wasClosed = isClosed
      more.resolve()
      const [outcome] = await Promise.all([putting, closing])
      expectThat(!wasClosed, 'close returned while a put was under way', { key: 'ab/cd' })
      expectThat(outcome.status === 'fulfilled', 'the put that was under way when close was called', {
        key: 'ab/cd',
        actual: outcome,
      })
    },
  },
  {
    id: 'close-during-stream',
    member: 'close',
    title: 'a stream under way when close is called gives all its bytes or rejects',
    sentence: sentences.close,
    async check({ port, random }) {
      const bytes = random.bytes(2_200_000)
      await put(port, 'ab/cd', bytes)
      let closing: Promise<void> | undefined
      const closeAfterFirst = async (): Promise<void> => {
        closing = port.close()
        await turns()
      }
      const outcome = await settle(() => readAll(port.stream('ab/cd'), closeAfterFirst))
      await closing
      if (outcome.status === 'fulfilled') expectBytes(outcome.value, bytes, 'a stream that ended well after close', 'ab/cd')
      else expectThat(isNexusError(outcome.reason), 'a stream that fails after close', { key: 'ab/cd', cause: outcome.reason })
    },
  },
  {
    id: 'close-alone',
    member: 'close',
    title: 'closing one client leaves another one of the namespace open',
    sentence: sentences.close,
    requires: clientsShareANamespace(),
    async check({ port, openAnother }) {
      const another = await openAnother()
      await putAll(port, ['ab/cd'])
      await port.close()
      await expectBlob(another, 'ab/cd', contentOf('ab/cd'), 'get by the other client')
      await putAll(another, ['ab/ce'])
      await expectBlob(another, 'ab/ce', contentOf('ab/ce'), 'get by the other client of what it put itself')
    },
  },
]

function closed(method: string, call: (port: StorageBackend) => Promise<unknown>): StorageLaw {
  return {
    id: `closed-${method}`,
    member: 'close',
    title: `${method} after close rejects with Closed`,
    sentence: sentences.close,
    async check({ port }) {
      await putAll(port, ['ab/aa'])
      await port.close()
      await expectRejection(() => call(port), 'Closed', `${method} after close`)
    },
  }
}
