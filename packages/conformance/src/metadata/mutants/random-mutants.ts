import { expectations, type MetadataMutant, pages } from './wrong-store.ts'

/** What no law looks for by name: only random cases meet them. */
export const randomMutants: readonly MetadataMutant[] = [
  {
    id: 'at-in-log-ignored',
    breaks: 'random-commits',
    description: '`at` always holds in the log',
    mutate: expectations('at', (expectation) => (expectation.key.group[0] === 0x6c ? undefined : expectation)),
  },
  {
    id: 'reverse-page-short',
    breaks: 'random-scans',
    description: 'a reverse scan between two bounds leaves out the third entry',
    mutate: pages((page, { from, to, reverse }) =>
      reverse && from && to ? { ...page, entries: page.entries.filter((_, index) => index !== 2) } : page,
    ),
  },
]
