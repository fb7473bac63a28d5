import type { BlobPage } from 'nexusfs'
import { expectEqual, expectRejection, expectThat } from '../expect.ts'
import { allPages, contentOf, listedKeys, put, putAll, type StorageLaw } from './fixtures.ts'
import { sentences } from './sentences.ts'

/** In byte order, chosen so that other orders differ: by locale, by segment, by number. None lies inside another. */
const ordered = ['a-b/cc', 'a.b/cc', 'aa-b', 'aa.b', 'aa/ba', 'aa/bb-c', 'aa/bb/cc', 'aa0b', 'aa10', 'aa9', 'aa_b', 'aab', 'zz']

/** Finding keys. */
export const listLaws: readonly StorageLaw[] = [
  {
    id: 'list-empty',
    member: 'list',
    title: 'an empty namespace lists as one empty page',
    sentence: sentences.listNext,
    async check({ port }) {
      expectEqual(await port.list(), { blobs: [] }, 'list of an empty namespace')
      expectEqual(await port.list({ prefix: 'ab/', after: 'ab/cd', limit: 1 }), { blobs: [] }, 'list with every option')
    },
  },
  {
    id: 'list-order',
    member: 'list',
    title: 'keys come in byte order',
    sentence: sentences.list,
    async check({ port, random }) {
      await putAll(port, random.shuffle(ordered))
      expectEqual(await listedKeys(port), ordered, 'list')
    },
  },
  {
    id: 'list-sizes',
    member: 'list',
    title: 'list tells the size of each blob',
    sentence: sentences.list,
    async check({ port, random }) {
      for (const size of [0, 1, 70_000]) await put(port, `size/of-${size}`, random.bytes(size))
      const sizes = (await port.list()).blobs.map(({ key, size }) => `${key}: ${size}`)
      expectEqual(sizes, ['size/of-0: 0', 'size/of-1: 1', 'size/of-70000: 70000'], 'sizes in a list')
    },
  },
  {
    id: 'list-pages',
    member: 'list',
    title: 'following next from page to page visits every blob once, whatever the limit',
    sentence: sentences.listPages,
    async check({ port }) {
      await putAll(port, ordered)
      for (const limit of [1, 2, 5, 12, 13, 14]) {
        expectEqual(await listedKeys(port, { limit }), ordered, `all pages of at most ${limit}`)
      }
      const inside = ordered.filter((key) => key.startsWith('aa/'))
      expectEqual(await listedKeys(port, { prefix: 'aa/', limit: 2 }), inside, 'all pages of at most 2 of the prefix aa/')
    },
  },
  {
    id: 'list-limit',
    member: 'list',
    title: 'no page is longer than its limit, and only the last one is shorter',
    sentence: sentences.listLimit,
    async check({ port }) {
      await putAll(port, ordered)
      for (const limit of [1, 5, 13]) {
        const sizes = (await allPages(port, { limit })).map(({ blobs }) => blobs.length)
        const isFull = sizes.every((size, page) => size === limit || (size < limit && page === sizes.length - 1))
        expectThat(isFull, `sizes of pages of at most ${limit}`, { expected: `${limit} but for the last`, actual: sizes })
      }
    },
  },
  {
    id: 'list-limit-default',
    member: 'list',
    title: 'a page without a limit has a thousand keys',
    sentence: sentences.listLimit,
    deadlineMs: 120_000,
    async check({ port }) {
      const keys = Array.from({ length: 1_003 }, (_, at) => `page/${String(at).padStart(4, '0')}`)
      await putAll(port, keys)
      const page = await port.list()
      expectEqual(page.blobs.length, 1_000, 'the size of the first page of 1,003 keys')
      expectThat(page.next !== undefined, 'the first page of 1,003 keys has a next', { actual: page.next })
    },
  },
  {
    id: 'list-limit-refused',
    member: 'list',
    title: 'a limit that is not a whole number from 1 to 1,000 is refused',
    sentence: sentences.listLimit,
    async check({ port }) {
      for (const limit of [0, -1, 1.5, 1_001, Number.NaN]) {
        await expectRejection(() => port.list({ limit }), 'InvalidArgument', `list with a limit of ${limit}`)
      }
    },
  },
  {
    id: 'list-next',
    member: 'list',
    title: 'next is there if more keys follow, and not on a page that is not full',
    sentence: sentences.listNext,
    async check({ port }) {
      await putAll(port, ['aa', 'bb', 'cc', 'cd'])
      for (const [prefix, limit] of [
        ['', 5],
        ['c', 3],
        ['b', 2],
        ['x', 1],
      ] as const) {
        const { next } = await port.list({ prefix, limit })
        expectEqual(next, undefined, `next of a page of ${prefix} that could hold ${limit}, one more than there are`)
      }
      const { next } = await port.list({ limit: 2 })
      const isBetween = next !== undefined && next >= 'bb' && next < 'cc'
      expectThat(isBetween, 'next of the first of two pages', { expected: 'a text from bb up, below cc', actual: next })
    },
  },
  {
    id: 'list-prefix',
    member: 'list',
    title: 'a prefix may end anywhere in a key, and the key itself begins with itself',
    sentence: sentences.listPrefix,
    async check({ port }) {
      await putAll(port, ordered)
      for (const prefix of ['', 'a', 'aa', 'aa/', 'aa/b', 'aa/bb', 'aa/bb/', 'aa/bb/cc', 'aa/bb/cc0', 'zz', 'b', '0']) {
        const expected = ordered.filter((key) => key.startsWith(prefix))
        expectEqual(await listedKeys(port, { prefix }), expected, `list of the prefix ${JSON.stringify(prefix)}`)
      }
    },
  },
  {
    id: 'list-prefix-literal',
    member: 'list',
    title: 'no character of a prefix is a pattern',
    sentence: sentences.listPrefix,
    async check({ port }) {
      await putAll(port, ['a-c', 'a.c', 'a_c', 'abc', 'abcd'])
      for (const prefix of ['a.', 'a_', 'a-']) {
        expectEqual(await listedKeys(port, { prefix }), [`${prefix}c`], `list of the prefix ${prefix}`)
      }
      for (const prefix of ['a%', 'a*', 'a?', '[a]', 'A', '\\a', '^a', 'a|b', '../', '\u0000', '\uffff']) {
        expectEqual(
          await listedKeys(port, { prefix }),
          [],
          `list of the prefix ${JSON.stringify(prefix)}, with which no key begins`,
        )
      }
    },
  },
  {
    id: 'list-after',
    member: 'list',
    title: 'after may be any text, a key or not: what is above it follows',
    sentence: sentences.listAfter,
    async check({ port }) {
      await putAll(port, ordered)
      for (const after of ['', 'a', 'aa', 'aa.', 'aa/bb', 'aa/bb-', 'aa/zz', 'aa_', 'aa_b', 'zz', 'zzz', '~', 'A', '/']) {
        const expected = ordered.filter((key) => key > after)
        expectEqual(await listedKeys(port, { after }), expected, `list after ${JSON.stringify(after)}`)
      }
    },
  },
  {
    id: 'list-after-prefix',
    member: 'list',
    title: 'after and prefix both hold, wherever one lies to the other',
    sentence: sentences.listAfter,
    async check({ port }) {
      await putAll(port, ordered)
      for (const [prefix, after] of [
        ['aa/', 'a-b/cc'],
        ['aa/', 'aa/bb'],
        ['aa/', 'aa/bb-c'],
        ['aa/', 'zz'],
        ['aa', 'aa9'],
        ['aa', 'aa'],
      ]) {
        const expected = ordered.filter((key) => key.startsWith(prefix ?? '') && key > (after ?? ''))
        expectEqual(await listedKeys(port, { prefix, after }), expected, `list of ${prefix} after ${after}`)
      }
    },
  },
  {
    id: 'list-while-deleting',
    member: 'list',
    title: 'deleting what was visited leaves out nothing of what follows',
    sentence: sentences.listPages,
    async check({ port }) {
      await putAll(port, ordered)
      const seen = await visit(port, async (page) => port.delete(page.blobs.map(({ key }) => key)))
      expectEqual(seen, ordered, 'keys visited while each page was deleted')
    },
  },
  {
    id: 'list-while-putting',
    member: 'list',
    title: 'putting keys below those visited repeats nothing',
    sentence: sentences.listPages,
    async check({ port }) {
      await putAll(port, ordered)
      const seen = await visit(port, async (page) =>
        putAll(port, [`a-${page.blobs.length}${page.blobs[0]?.key.length}`, `a-a${page.next}`]),
      )
      const throughout = seen.filter((key) => ordered.includes(key))
      expectEqual(throughout, ordered, 'keys visited while keys were put below them')
      expectEqual(seen, [...new Set(seen)].sort(), 'all keys visited, in order and once')
    },
  },
  {
    id: 'list-fresh',
    member: 'list',
    title: 'a list knows every put and delete that returned before it',
    sentence: sentences.durable,
    async check({ port }) {
      expectEqual(await listedKeys(port), [], 'list before the first put')
      await put(port, 'mm', contentOf('mm'))
      expectEqual(await listedKeys(port), ['mm'], 'list after a put')
      await putAll(port, ['aa', 'zz'])
      await port.delete(['mm'])
      expectEqual(await listedKeys(port), ['aa', 'zz'], 'list after a put and a delete')
    },
  },
]

/** All keys in pages of 3, with something done after each page but the last. */
async function visit(port: Parameters<typeof listedKeys>[0], between: (page: BlobPage) => Promise<unknown>): Promise<string[]> {
  const seen: string[] = []
  let after: string | undefined
  for (let pageCount = 0; pageCount < 20; pageCount++) {
    const page: BlobPage = await port.list({ after, limit: 3 })
    seen.push(...page.blobs.map(({ key }) => key))
    if (page.next === undefined) return seen
    await between(page)
    after = page.next
  }
  return seen
}
