import { expectEqual, expectRejection } from '../expect.ts'
import { anyKey, contentOf, expectAbsent, expectBlob, listedKeys, put, putAll, readAll, type StorageLaw } from './blobs.ts'

/** What is known of a blob. */
export const statLaws: readonly StorageLaw[] = [
  {
    id: 'stat-order',
    title: 'stat answers for each key in order, undefined where there is no blob, also for a key asked twice',
    sentence: 'For each key, in order, what is known of its blob; undefined where there is none.',
    async check({ port, random }) {
      await put(port, 'stat/of-7', random.bytes(7))
      await put(port, 'stat/of-9', random.bytes(9))
      const keys = ['stat/none', 'stat/of-9', 'stat/of-7', 'stat/nil', 'stat/of-9']
      const expected = [undefined, { size: 9 }, { size: 7 }, undefined, { size: 9 }]
      expectEqual(await port.stat(keys), expected, `stat of ${keys.join(', ')}`)
    },
  },
  {
    id: 'stat-none',
    title: 'stat of no keys is an empty list',
    sentence: 'An empty list is allowed.',
    async check({ port }) {
      expectEqual(await port.stat([]), [], 'stat of no keys')
    },
  },
  {
    id: 'stat-many',
    title: 'stat answers for a thousand keys',
    sentence: 'For each key, in order, what is known of its blob.',
    async check({ port }) {
      const keys = Array.from({ length: 1_000 }, (_, at) => `many/${String(at).padStart(4, '0')}`)
      const present = keys.filter((_, at) => at % 111 === 0)
      await putAll(port, present)
      const expected = keys.map((key) => (present.includes(key) ? { size: contentOf(key).length } : undefined))
      expectEqual(await port.stat(keys), expected, 'stat of 1,000 keys')
    },
  },
]

/** Removing blobs. */
export const deleteLaws: readonly StorageLaw[] = [
  {
    id: 'delete-removes',
    title: 'after delete no method knows the blobs',
    sentence: 'Removes blobs.',
    async check({ port }) {
      await putAll(port, ['ab/cd', 'ab/ce', 'ab/cf'])
      await port.delete(['ab/cd', 'ab/cf'])
      for (const key of ['ab/cd', 'ab/cf']) {
        await expectAbsent(port, key, 'stat after delete')
        await expectRejection(() => port.get(key), 'NotFound', 'get after delete', key)
        await expectRejection(() => readAll(port.stream(key)), 'NotFound', 'stream after delete', key)
      }
      expectEqual(await listedKeys(port), ['ab/ce'], 'list after delete')
    },
  },
  {
    id: 'delete-absent',
    title: 'deleting what is absent succeeds, and deletes what is there',
    sentence: 'Removing what is absent succeeds.',
    async check({ port }) {
      await putAll(port, ['ab/cd'])
      await port.delete(['ab/no'])
      await port.delete(['ab/aa', 'ab/cd', 'zz/zz'])
      await port.delete(['ab/cd'])
      await expectAbsent(port, 'ab/cd', 'stat after it was deleted among absent ones')
    },
  },
  {
    id: 'delete-repeated',
    title: 'a key may stand twice in one delete',
    sentence: 'Removes blobs.',
    async check({ port }) {
      await putAll(port, ['ab/cd'])
      await port.delete(['ab/cd', 'ab/cd'])
      await expectAbsent(port, 'ab/cd', 'stat after it was deleted')
    },
  },
  {
    id: 'delete-none',
    title: 'deleting no keys deletes nothing',
    sentence: 'Removes blobs.',
    async check({ port }) {
      await putAll(port, ['ab/cd'])
      await port.delete([])
      await expectBlob(port, 'ab/cd', contentOf('ab/cd'), 'get after a delete of no keys')
    },
  },
  {
    id: 'delete-many',
    title: 'more than a thousand keys can be deleted in one call',
    sentence: 'Removes blobs.',
    async check({ port }) {
      const keys = Array.from({ length: 1_100 }, (_, at) => `many/${String(at).padStart(4, '0')}`)
      const present = keys.filter((_, at) => at % 157 === 0 || at === 1_099)
      await putAll(port, present)
      await port.delete(keys)
      expectEqual(await listedKeys(port), [], 'list after all keys were deleted in one call')
    },
  },
  {
    id: 'delete-alone',
    title: 'delete removes the keys it is given, not those that begin with them',
    sentence: 'Removes blobs.',
    async check({ port }) {
      const others = ['ab/cd/ef', 'ab/cd0', 'ab/ce', 'ab/c.']
      await putAll(port, ['ab/cd', ...others])
      await port.delete(['ab/cd'])
      for (const key of others) await expectBlob(port, key, contentOf(key), 'get after ab/cd was deleted')
    },
  },
  {
    id: 'delete-then-put',
    title: 'a deleted key can be put again',
    sentence: 'Once put returned, the blob is whole.',
    async check({ port, random }) {
      const key = anyKey(random)
      await put(port, key, random.bytes(10))
      await port.delete([key])
      const bytes = random.bytes(20)
      await put(port, key, bytes)
      await expectBlob(port, key, bytes, 'get of a blob put after a delete')
    },
  },
]
