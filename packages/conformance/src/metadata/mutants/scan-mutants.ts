import type { MetadataEntry, Scan, ScanPage } from 'nexusfs'
import { binaryText, compareBytes, concatBytes, equalBytes, prefixEnd, startsWithBytes } from 'nexusfs/adapter-kit'
import { clients, type MetadataMutant, type Mutate, pages, replies, requests, scans } from './wrong-store.ts'

const nul = Uint8Array.of(0)

export const scanMutants: readonly MetadataMutant[] = [
  {
    id: 'order-without-case',
    breaks: 'scan-order',
    description: 'items are ordered without regard to case',
    mutate: ordered((a, b) => compareBytes(folded(a), folded(b))),
  },
  {
    id: 'order-signed',
    breaks: 'scan-order-bytes',
    description: 'items of one byte are ordered by the byte as a signed number',
    mutate: ordered((a, b) => (a.length === 1 && b.length === 1 ? signed(a) - signed(b) : compareBytes(a, b))),
  },
  {
    id: 'order-nul-first',
    breaks: 'scan-order-prefix',
    description: 'an item that goes on with NUL stands before its beginning',
    mutate: ordered((a, b) => {
      if (startsWithBytes(b, concatBytes(a, nul))) return 1
      return startsWithBytes(a, concatBytes(b, nul)) ? -1 : compareBytes(a, b)
    }),
  },
  {
    id: 'scan-skips-empty-item',
    breaks: 'scan-empty-item',
    description: 'a scan without `from` begins behind the empty item',
    mutate: pages((page, { from }) => (from === undefined ? without(page, ({ key }) => key.item.length === 0) : page)),
  },
  {
    id: 'scan-ends-at-ff',
    breaks: 'scan-open-end',
    description: 'a scan from somewhere without an end stops before items that begin with 0xff',
    mutate: pages((page, { from, to }) => (from && !to ? without(page, ({ key }) => key.item[0] === 0xff) : page)),
  },
  {
    id: 'reverse-of-first-page',
    breaks: 'scan-reverse',
    description: 'a reverse scan reverses the page at the low end',
    mutate: clients((port) => ({
      read: async (request, options) => {
        const reply = await port.read({ ...request, scan: request.scan?.map((scan) => ({ ...scan, reverse: false })) }, options)
        const turned = reply.scan.map((page, index) =>
          request.scan?.[index]?.reverse ? { ...page, entries: page.entries.toReversed() } : page,
        )
        return { ...reply, scan: turned }
      },
    })),
  },
  {
    id: 'reverse-bounds-turned',
    breaks: 'scan-reverse-bounds',
    description: 'a reverse scan excludes `from` and includes `to`',
    mutate: scans((scan) => (scan.reverse ? { ...scan, from: above(scan.from), to: above(scan.to) } : scan)),
  },
  {
    id: 'from-exclusive',
    breaks: 'scan-from',
    description: '`from` is exclusive if it has one byte',
    mutate: scans((scan) => (scan.from?.length === 1 && !scan.reverse ? { ...scan, from: above(scan.from) } : scan)),
  },
  {
    id: 'to-inclusive',
    breaks: 'scan-to',
    description: '`to` is inclusive if it has one byte',
    mutate: scans((scan) => (scan.to?.length === 1 && !scan.from && !scan.reverse ? { ...scan, to: above(scan.to) } : scan)),
  },
  {
    id: 'empty-to-open',
    breaks: 'scan-empty-bounds',
    description: 'an empty `to` is taken for an absent one',
    mutate: scans((scan) => (scan.to?.length === 0 ? { ...scan, to: undefined } : scan)),
  },
  {
    id: 'bounds-swapped',
    breaks: 'scan-empty-range',
    description: 'bounds in the wrong order are swapped',
    mutate: scans((scan) => {
      const isWrong = scan.from && scan.to && compareBytes(scan.from, scan.to) > 0
      return isWrong ? { ...scan, from: scan.to, to: scan.from } : scan
    }),
  },
  {
    id: 'limit-1-is-2',
    breaks: 'scan-limit',
    description: 'a limit of 1 gives two entries',
    mutate: scans((scan) => (scan.limit === 1 && !scan.reverse ? { ...scan, limit: 2 } : scan)),
  },
  {
    id: 'full-page-has-more',
    breaks: 'scan-has-more',
    description: 'every full page claims that there is more',
    mutate: pages((page, scan) => ({ ...page, hasMore: page.entries.length === scan.limit })),
  },
  {
    id: 'from-nul-skips',
    breaks: 'scan-pages',
    description: 'a `from` that ends with NUL skips all items with its beginning',
    mutate: scans((scan) => {
      const skips = scan.from && scan.from.length > 1 && scan.from.at(-1) === 0
      return skips ? { ...scan, from: prefixEnd(scan.from?.subarray(0, -1) ?? nul) } : scan
    }),
  },
  {
    id: 'scan-next-group',
    breaks: 'scan-group',
    description: 'a scan without an end goes on in the next group',
    mutate: clients((port) => ({
      read: async (request, options) => {
        const reply = await port.read(request, options)
        const next = request.scan?.map((scan) => ({ ...scan, group: concatBytes(scan.group, nul).subarray(0, 500) }))
        const more = await port.read({ scan: next }, options)
        const joined = reply.scan.map((page, index) => {
          const isOpen = request.scan?.[index]?.to === undefined && !page.hasMore
          return isOpen ? { ...page, entries: [...page.entries, ...(more.scan[index]?.entries ?? [])] } : page
        })
        return { ...reply, scan: joined }
      },
    })),
  },
  {
    id: 'scan-group-once',
    breaks: 'scan-several',
    description: 'a second scan of one group gives the page of the first',
    mutate: requests((request) => ({
      ...request,
      scan: request.scan?.map((scan) => request.scan?.find(({ group }) => equalBytes(group, scan.group)) ?? scan),
    })),
  },
  skipping('scan-skips-at-100', 'a page of 100', ({ limit }) => limit === 100),
  skipping('scan-skips-from-256', 'a page of 256 or more', ({ limit }) => limit >= 256),
  skipping('scan-skips-at-1000', 'a page of 1,000', ({ limit }) => limit === 1_000),
  skipping('scan-skips-above-2000', 'a page of more than 2,000', ({ limit }) => limit > 2_000),
  skipping(
    'scan-skips-in-reverse',
    'a page of 500 or more from the high end',
    ({ limit, reverse }) => limit >= 500 && reverse === true,
  ),
  {
    id: 'scan-swaps-in-long-pages',
    breaks: 'scan-large-pages',
    description: 'two entries of a page of more than 200 are swapped',
    mutate: pages((page, { limit, reverse }) => {
      if (limit > 5_000 || reverse) return page
      const [first, second, ...others] = page.entries.slice(100)
      if (page.entries.length <= 200 || first === undefined || second === undefined) return page
      return { ...page, entries: [...page.entries.slice(0, 100), second, first, ...others] }
    }),
  },
  {
    id: 'scan-2500',
    breaks: 'scan-large',
    description: 'a page ends after 2,500 entries without a word',
    mutate: replies((reply) => ({
      ...reply,
      scan: reply.scan.map((page) => ({ ...page, entries: page.entries.slice(0, 2500) })),
    })),
  },
]

/** Where such a page is cut, its last but one entry is left out. */
function skipping(id: string, what: string, isMeant: (scan: Scan) => boolean): MetadataMutant {
  const breaks = id.endsWith('reverse') ? 'scan-large-pages-reverse' : 'scan-large-pages'
  const mutate = pages((page, scan) =>
    page.hasMore && isMeant(scan) ? { ...page, entries: page.entries.toSpliced(-2, 1) } : page,
  )
  return { id, breaks, description: `one entry is left out where ${what} is cut`, mutate }
}

function ordered(compare: (a: Uint8Array, b: Uint8Array) => number): Mutate {
  return pages((page, { reverse }) => {
    const sorted = page.entries.toSorted((a, b) => compare(a.key.item, b.key.item))
    return { ...page, entries: reverse ? sorted.reverse() : sorted }
  })
}

function without(page: ScanPage, isLeftOut: (entry: MetadataEntry) => boolean): ScanPage {
  return { ...page, entries: page.entries.filter((entry) => !isLeftOut(entry)) }
}

/** The least bytes above these. */
function above(bytes: Scan['from']): Scan['from'] {
  return bytes && concatBytes(bytes, nul)
}

function folded(bytes: Uint8Array): Uint8Array {
  return Buffer.from(
    binaryText(bytes).replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
    'latin1',
  )
}

function signed(bytes: Uint8Array): number {
  return Int8Array.from(bytes)[0] ?? 0
}
