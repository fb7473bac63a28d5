import { equalBytes } from 'nexusfs/adapter-kit'
import { isNexusError } from 'nexusfs/errors'
import { expectEqual, expectRejection, expectThat, settle } from '../expect.ts'
import { clientsShareANamespace } from '../law.ts'
import {
  anyKey,
  contentOf,
  expectAbsent,
  expectBlob,
  expectOneOf,
  inPieces,
  listedKeys,
  put,
  type StorageLaw,
  turns,
} from './fixtures.ts'
import { sentences } from './sentences.ts'

/** Calls at the same time, of one client and of two. */
export const concurrencyLaws: readonly StorageLaw[] = [
  {
    id: 'put-concurrent',
    member: 'put',
    title: 'ten puts of one blob at the same time all succeed and leave it whole',
    sentence: sentences.again,
    async check({ port, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(20_000)
      const puts = Array.from({ length: 10 }, (_, at) => port.put(key, inPieces(bytes, 1_000 + at), { size: bytes.length }))
      for (const outcome of await Promise.allSettled(puts)) {
        expectThat(outcome.status === 'fulfilled', 'each of ten puts of one blob', { key, expected: 'success', actual: outcome })
      }
      await expectBlob(port, key, bytes, 'get after ten puts at the same time')
    },
  },
  {
    id: 'put-concurrent-bodies',
    member: 'put',
    title: 'puts of different bodies to one key at the same time leave one of them, whole',
    sentence: sentences.otherBody,
    async check({ port, random }) {
      const key = anyKey(random)
      const bodies = Array.from({ length: 5 }, (_, at) => random.bytes(8_000 - at * 700))
      await Promise.allSettled(bodies.map((body) => port.put(key, inPieces(body, 800), { size: body.length })))
      expectOneOf(await port.get(key), bodies, key)
    },
  },
  {
    id: 'put-many-at-once',
    member: 'put',
    title: 'fifty puts of different blobs at the same time all succeed',
    sentence: sentences.anyTime,
    async check({ port, random }) {
      const blobs = Array.from({ length: 50 }, (_, at) => ({ key: `many/of-${at}`, bytes: random.bytes(100 + at) }))
      await Promise.all(blobs.map(({ key, bytes }) => port.put(key, inPieces(bytes, 60), { size: bytes.length })))
      for (const { key, bytes } of blobs) await expectBlob(port, key, bytes, 'get of one of fifty blobs put at the same time')
    },
  },
  {
    id: 'get-while-deleted',
    member: 'get',
    title: 'gets that race with a put and a delete give the whole blob or NotFound',
    sentence: sentences.whole,
    async check({ port, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(50_000)
      for (let round = 0; round < 5; round++) {
        await put(port, key, bytes)
        const before = [1, 2].map(() => settle(() => port.get(key)))
        const writes = [port.delete([key]), port.put(key, slowly(bytes), { size: bytes.length })]
        const after = [1, 2].map(() => settle(() => port.get(key)))
        await Promise.all(writes)
        for (const read of await Promise.all([...before, ...after])) {
          const isRight = read.status === 'fulfilled' ? equalBytes(read.value, bytes) : isNexusError(read.reason, 'NotFound')
          expectThat(isRight, 'a get that races with a put and a delete', {
            key,
            expected: 'all 50,000 bytes, or NotFound',
            actual: read,
          })
        }
      }
    },
  },
  {
    id: 'clients-see-puts',
    member: 'info',
    title: 'a second client sees what the first put, though it had looked before',
    sentence: sentences.shared,
    requires: clientsShareANamespace(),
    async check({ port, openAnother, random }) {
      const key = anyKey(random)
      const another = await openAnother()
      await expectAbsent(another, key, 'stat by the second client before the put')
      await settle(() => another.get(key))
      expectEqual(await listedKeys(another), [], 'list by the second client before the put')
      const bytes = random.bytes(100)
      await put(port, key, bytes)
      await expectBlob(another, key, bytes, 'get by the second client after the put')
      expectEqual(await another.stat([key]), [{ size: 100 }], 'stat by the second client after the put', key)
      expectEqual(await listedKeys(another), [key], 'list by the second client after the put')
    },
  },
  {
    id: 'clients-see-deletes',
    member: 'info',
    title: 'a second client no longer sees what the first deleted, though it had read it before',
    sentence: sentences.shared,
    requires: clientsShareANamespace(),
    async check({ port, openAnother }) {
      const key = 'ab/cd'
      const another = await openAnother()
      await put(port, key, contentOf(key))
      await expectBlob(another, key, contentOf(key), 'get by the second client before the delete')
      await port.delete([key])
      await expectRejection(() => another.get(key), 'NotFound', 'get by the second client after the delete', key)
      await expectAbsent(another, key, 'stat by the second client after the delete')
    },
  },
  {
    id: 'clients-put-at-once',
    member: 'put',
    title: 'two clients that put one blob at the same time both succeed and leave it whole',
    sentence: sentences.anyTime,
    requires: clientsShareANamespace(),
    async check({ port, openAnother, random }) {
      const key = anyKey(random)
      const bytes = random.bytes(10_000)
      const clients = [port, await openAnother()]
      await Promise.all(clients.map((client) => client.put(key, inPieces(bytes, 700), { size: bytes.length })))
      for (const client of clients) await expectBlob(client, key, bytes, 'get after two clients put one blob')
    },
  },
]

/** In two pieces, with time for others between. */
async function* slowly(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes.slice(0, 1_000)
  await turns(2)
  yield bytes.slice(1_000)
}
