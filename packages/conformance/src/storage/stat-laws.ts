import { expectEqual } from '../expect.ts'
import { contentOf, put, putAll, type StorageLaw } from './fixtures.ts'
import { sentences } from './sentences.ts'

/** What is known of a blob. */
export const statLaws: readonly StorageLaw[] = [
  {
    id: 'stat-order',
    member: 'stat',
    title: 'stat answers for each key in order, undefined where there is no blob, also for a key asked twice',
    sentence: sentences.stat,
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
    member: 'stat',
    title: 'stat of no keys is an empty list',
    sentence: sentences.stat,
    async check({ port }) {
      expectEqual(await port.stat([]), [], 'stat of no keys')
    },
  },
  {
    id: 'stat-many',
    member: 'stat',
    title: 'stat answers for a thousand keys',
    sentence: sentences.stat,
    async check({ port }) {
      const keys = Array.from({ length: 1_000 }, (_, at) => `many/${String(at).padStart(4, '0')}`)
      const present = keys.filter((_, at) => at % 111 === 0)
      await putAll(port, present)
      const expected = keys.map((key) => (present.includes(key) ? { size: contentOf(key).length } : undefined))
      expectEqual(await port.stat(keys), expected, 'stat of 1,000 keys')
    },
  },
]
