import type { MetadataStore, ScanPage } from 'nexusfs'
import { concatBytes } from 'nexusfs/adapter-kit'
import { expectEqual, expectThat, LawBroken } from '../expect.ts'
import { key, type MetadataLaw, mustCommit, padded, pageOf, put, scan, shownItems, upTo } from './fixtures.ts'
import { sentences } from './sentences.ts'

const count = 2_500

/** Pages of the sizes that the file system asks for, round them, and some of any size. */
const limitsOf = (random: { integer(low: number, high: number): number }): readonly number[] => [
  ...[1, 7, 100, 999, 1_000, 1_001, 2_400, 5_000],
  ...upTo(3).map(() => random.integer(8, count - 1)),
]

export const scanPageLaws: readonly MetadataLaw[] = [
  {
    id: 'scan-large-pages',
    member: 'read',
    title: 'pages of any size give every item once, in order, wherever they are cut',
    sentence: sentences.scanOrder,
    deadlineMs: 120_000,
    async check({ port, random }) {
      const items = await putMany(port)
      for (const limit of limitsOf(random)) expectItems(await allItems(port, limit, false), items, `pages of at most ${limit}`)
    },
  },
  {
    id: 'scan-large-pages-reverse',
    member: 'read',
    title: 'pages of any size from the high end down give every item once, in order, wherever they are cut',
    sentence: sentences.scanOrder,
    deadlineMs: 120_000,
    async check({ port, random }) {
      const items = (await putMany(port)).toReversed()
      for (const limit of limitsOf(random).slice(1)) {
        expectItems(await allItems(port, limit, true), items, `pages of at most ${limit} from the high end`)
      }
    },
  },
]

async function putMany(port: MetadataStore): Promise<readonly string[]> {
  const items = upTo(count).map(padded)
  await mustCommit(
    port,
    items.map((item) => put(key(item))),
  )
  return items
}

/** Page after page, for as long as each says that there is more. */
async function allItems(port: MetadataStore, limit: number, reverse: boolean): Promise<readonly string[]> {
  const found: string[] = []
  let bounds: { readonly from?: Uint8Array; readonly to?: Uint8Array } = {}
  for (let pages = 0; pages <= count; pages++) {
    const page: ScanPage = await pageOf(port, scan('g', { ...bounds, limit, reverse }))
    expectThat(page.entries.length <= limit, `a page of at most ${limit}`, { actual: `${page.entries.length} entries` })
    found.push(...shownItems(page))
    const last = page.entries.at(-1)?.key.item
    if (!page.hasMore || last === undefined) return found
    bounds = reverse ? { to: last } : { from: concatBytes(last, Uint8Array.of(0)) }
  }
  throw new LawBroken('following `hasMore` does not end', { expected: `at most ${count} pages of at most ${limit}` })
}

function expectItems(found: readonly string[], items: readonly string[], what: string): void {
  const wrong = items.findIndex((item, index) => found[index] !== item)
  if (wrong !== -1) throw new LawBroken(`${what}: entry ${wrong}`, { expected: items[wrong], actual: found[wrong] })
  expectEqual(found.length, items.length, `${what}: the number of entries`)
}
