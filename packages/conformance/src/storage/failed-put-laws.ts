import { isNexusError, NexusError } from 'nexusfs/errors'
import { expectRejection, expectThat, settle } from '../expect.ts'
import { anyKey, expectAbsent, expectBlob, inPieces, put, type StorageLaw, turns } from './fixtures.ts'
import { sentences } from './sentences.ts'

/** A put that cannot succeed. */
export const failedPutLaws: readonly StorageLaw[] = [
  {
    id: 'put-size',
    member: 'put',
    title: 'an array that is longer or shorter than its size is refused',
    sentence: sentences.size,
    async check({ port, random }) {
      for (const size of [0, 99, 101]) {
        const key = anyKey(random)
        const call = (): Promise<void> => port.put(key, random.bytes(100), { size })
        await expectRejection(call, 'InvalidArgument', `put of 100 bytes as ${size}`, key)
        await expectAbsent(port, key, 'stat after a put that was refused')
      }
    },
  },
  {
    id: 'put-too-short',
    member: 'put',
    title: 'pieces that end too early leave nothing visible',
    sentence: sentences.size,
    async check({ port, random }) {
      const key = anyKey(random)
      const call = (): Promise<void> => port.put(key, inPieces(random.bytes(9_000), 3_000), { size: 9_001 })
      await expectRejection(call, 'InvalidArgument', 'put of 9,000 bytes in pieces as 9,001', key)
      await expectAbsent(port, key, 'stat after a put whose body was too short')
    },
  },
  {
    id: 'put-too-long',
    member: 'put',
    title: 'pieces that go on too long leave nothing visible',
    sentence: sentences.size,
    async check({ port, random }) {
      const key = anyKey(random)
      const call = (): Promise<void> => port.put(key, inPieces(random.bytes(9_000), 3_000), { size: 6_000 })
      await expectRejection(call, 'InvalidArgument', 'put of 9,000 bytes in pieces as 6,000', key)
      await expectAbsent(port, key, 'stat after a put whose body was too long')
    },
  },
  {
    id: 'put-broken-body',
    member: 'put',
    title: 'a body that throws leaves nothing visible',
    sentence: sentences.size,
    async check({ port, random }) {
      const key = anyKey(random)
      const outcome = await settle(() => port.put(key, breaking(random.bytes(500), new Error('cable cut')), { size: 1_000 }))
      expectThat(outcome.status === 'rejected', 'put of a body that throws rejects', { key, actual: outcome })
      await expectAbsent(port, key, 'stat after a put whose body broke off')
    },
  },
  {
    id: 'put-body-error',
    member: 'put',
    title: "a body's own error comes through: a NexusError as it is, any other as the cause of one",
    sentence: sentences.bodyError,
    async check({ port, random }) {
      const key = anyKey(random)
      const ours = new NexusError('RateLimited', 'a body that asks for patience')
      const first = await settle(() => port.put(key, breaking(random.bytes(5), ours), { size: 10 }))
      expectThat(first.status === 'rejected' && isNexusError(first.reason, 'RateLimited'), 'a NexusError of the body passes', {
        key,
        expected: ours,
        actual: first,
      })
      const foreign = new Error('cable cut')
      const second = await settle(() => port.put(key, breaking(random.bytes(5), foreign), { size: 10 }))
      const isWrapped = second.status === 'rejected' && isNexusError(second.reason) && second.reason.cause === foreign
      expectThat(isWrapped, 'any other error of the body is the cause of a NexusError', {
        key,
        expected: foreign,
        actual: second,
      })
    },
  },
  {
    id: 'put-lets-go',
    member: 'put',
    title: 'a body that is refused half-way is told that no more is wanted',
    sentence: sentences.size,
    async check({ port, random }) {
      let isReleased = false
      async function* endless(): AsyncGenerator<Uint8Array> {
        try {
          for (let piece = 0; piece < 1_000; piece++) yield random.bytes(10)
        } finally {
          isReleased = true
        }
      }
      await settle(() => port.put('body/endless', endless(), { size: 25 }))
      await turns()
      expectThat(isReleased, 'the generator that is too long ran its finally block', { key: 'body/endless' })
    },
  },
  {
    id: 'put-failed-keeps',
    member: 'put',
    title: 'a put that fails leaves the blob that was there',
    sentence: sentences.failedPut,
    async check({ port, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(50)
      await put(port, key, bytes)
      await settle(() => port.put(key, breaking(bytes.slice(0, 20), new Error('cable cut')), { size: 50 }))
      await settle(() => port.put(key, bytes, { size: 49 }))
      await expectBlob(port, key, bytes, 'get after puts over it failed')
      const others = { 'too long': 10, 'too long by its last piece': 20, 'too short': 40 }
      for (const [fault, size] of Object.entries(others)) {
        const put = (): Promise<void> => port.put(key, inPieces(random.bytes(30), 10), { size })
        await expectRejection(put, 'InvalidArgument', `put over it of pieces that are ${fault}`, key)
        await expectBlob(port, key, bytes, `get after a put over it of pieces that are ${fault}`)
      }
    },
  },
  {
    id: 'put-size-refused',
    member: 'put',
    title: 'a size that is not a whole number from 0 up is refused',
    sentence: sentences.wrongSize,
    async check({ port, random }) {
      const key = anyKey(random)
      for (const size of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
        await expectRejection(
          () => port.put(key, random.bytes(1), { size }),
          'InvalidArgument',
          `put with a size of ${size}`,
          key,
        )
      }
      await expectAbsent(port, key, 'stat after puts of impossible sizes')
    },
  },
  {
    id: 'put-limit',
    member: 'put',
    title: 'a size above the limit is refused before the body is touched',
    sentence: sentences.limit,
    async check({ port, random }) {
      let isTouched = false
      async function* body(): AsyncGenerator<Uint8Array> {
        isTouched = true
        yield random.bytes(1)
      }
      const size = port.info.limits.blobBytes + 1
      await expectRejection(
        () => port.put('above/limit', body(), { size }),
        'InvalidArgument',
        `put of ${size} bytes`,
        'above/limit',
      )
      expectThat(!isTouched, 'the body was not asked for a piece', { key: 'above/limit' })
    },
  },
]

/** Gives the bytes, then throws. */
async function* breaking(bytes: Uint8Array, error: Error): AsyncGenerator<Uint8Array, void, void> {
  yield bytes
  throw error
}
