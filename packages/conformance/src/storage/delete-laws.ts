import { expectEqual, expectRejection } from '../expect.ts'
import { anyKey, contentOf, expectAbsent, expectBlob, listedKeys, put, putAll, readAll, type StorageLaw } from './fixtures.ts'
import { sentences } from './sentences.ts'

/** Removing blobs. */
export const deleteLaws: readonly StorageLaw[] = [
  {
    id: 'delete-removes',
    member: 'delete',
    title: 'after delete no method knows the blobs',
    sentence: sentences.delete,
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
    member: 'delete',
    title: 'deleting what is absent succeeds, and deletes what is there',
    sentence: sentences.deleteAbsent,
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
    member: 'delete',
    title: 'a key may stand twice in one delete',
    sentence: sentences.delete,
    async check({ port }) {
      await putAll(port, ['ab/cd'])
      await port.delete(['ab/cd', 'ab/cd'])
      await expectAbsent(port, 'ab/cd', 'stat after it was deleted')
    },
  },
  {
    id: 'delete-none',
    member: 'delete',
    title: 'deleting no keys deletes nothing',
    sentence: sentences.delete,
    async check({ port }) {
      await putAll(port, ['ab/cd'])
      await port.delete([])
      await expectBlob(port, 'ab/cd', contentOf('ab/cd'), 'get after a delete of no keys')
    },
  },
  {
    id: 'delete-many',
    member: 'delete',
    title: 'more than a thousand keys can be deleted in one call',
    sentence: sentences.delete,
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
    member: 'delete',
    title: 'delete removes the keys it is given, not those that begin with them',
    sentence: sentences.delete,
    async check({ port }) {
      const others = ['ab/cd/ef', 'ab/cd0', 'ab/ce', 'ab/c.']
      await putAll(port, ['ab/cd', ...others])
      await port.delete(['ab/cd'])
      for (const key of others) await expectBlob(port, key, contentOf(key), 'get after ab/cd was deleted')
    },
  },
  {
    id: 'delete-then-put',
    member: 'delete',
    title: 'a deleted key can be put again',
    sentence: sentences.durable,
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
