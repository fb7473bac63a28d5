import { expectEqual, expectRejection } from '../expect.ts'
import { badKeys, expectBlob, listedKeys, put, readAll, type StorageContext, type StorageLaw } from './fixtures.ts'
import { sentences } from './sentences.ts'
import { stagingRequired } from './stage-laws.ts'

/** Which keys there are. */
export const keyLaws: readonly StorageLaw[] = [
  {
    id: 'key-grammar',
    member: 'put',
    title: 'every character of the grammar, and the longest keys, name blobs of their own',
    sentence: sentences.key,
    async check({ port, random }) {
      const longest = [`${'a'.repeat(100)}/${'b'.repeat(100)}/${'c'.repeat(37)}`, 'z'.repeat(99), 'z'.repeat(100)]
      const keys = [
        '00',
        '-a',
        '_a',
        'a.',
        'a-',
        'a_',
        'a..b',
        'ab/cd/ef/gh/ij/kl',
        'abcdefghijklmnopqrstuvwxyz0123456789._-',
        ...longest,
      ]
      const blobs = keys.map((key) => ({ key, bytes: random.bytes(30) }))
      for (const { key, bytes } of blobs) await put(port, key, bytes)
      for (const { key, bytes } of blobs) await expectBlob(port, key, bytes, 'get of a key the grammar allows')
      expectEqual(await listedKeys(port), [...keys].sort(), 'list of keys the grammar allows')
    },
  },
  {
    id: 'key-nested',
    member: 'put',
    title: 'a key may go on where another ends',
    sentence: sentences.key,
    async check({ port, random }) {
      const blobs = ['ab/cd/ef', 'ab', 'ab/cd', 'ab/cd/ef/gh'].map((key) => ({ key, bytes: random.bytes(30) }))
      for (const { key, bytes } of blobs) await put(port, key, bytes)
      for (const { key, bytes } of blobs) await expectBlob(port, key, bytes, 'get of a key inside another')
      await port.delete(['ab/cd'])
      await expectBlob(port, 'ab/cd/ef', blobs[0]?.bytes ?? new Uint8Array(), 'get of the inner key after the outer was deleted')
    },
  },
  refusal('put', async ({ port, random }, key) => put(port, key, random.bytes(3))),
  refusal('get', async ({ port }, key) => port.get(key)),
  refusal('stream', async ({ port }, key) => readAll(port.stream(key))),
  refusal('stat', async ({ port }, key) => port.stat([key])),
  {
    ...refusal('delete', async ({ port }, key) => port.delete(['ab/cd', key])),
    title: 'delete refuses what is not a key, and then deletes nothing',
    async check(context) {
      const bytes = context.random.bytes(3)
      await put(context.port, 'ab/cd', bytes)
      await expectRefusals('delete', (key) => context.port.delete(['ab/cd', key]))
      await expectBlob(context.port, 'ab/cd', bytes, 'get of the key before the one that was refused')
    },
  },
  {
    ...refusal('publish', async () => {}),
    requires: stagingRequired,
    async check({ port, random }) {
      await expectRefusals('publish', async (key) => {
        const staged = await port.stage?.(random.bytes(3), { size: 3 })
        await staged?.publish(key)
      })
      expectEqual(await listedKeys(port), [], 'list after blobs were published under what are not keys')
    },
  },
]

function refusal(
  method: StorageLaw['member'] | 'publish',
  call: (context: StorageContext, key: string) => Promise<unknown>,
): StorageLaw {
  return {
    id: `key-refused-by-${method}`,
    member: method === 'publish' ? 'stage' : method,
    title: `${method} refuses what is not a key`,
    sentence: sentences.badKey,
    check: async (context) => expectRefusals(method, (key) => call(context, key)),
  }
}

async function expectRefusals(method: string, call: (key: string) => Promise<unknown>): Promise<void> {
  for (const [fault, key] of Object.entries(badKeys)) {
    await expectRejection(() => call(key), 'InvalidArgument', `${method} of a key with ${fault}`, JSON.stringify(key))
  }
}
