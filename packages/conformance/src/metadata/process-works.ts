import type { CommitResult, MetadataStore } from 'nexusfs'
import { toRevision } from 'nexusfs/adapter-kit'
import { beginning, type Rounds } from '../other-process/rounds.ts'
import { absent, commitOne, key, mustCommit, padded, present, put, range, remove, scan, upTo } from './fixtures.ts'
import { incrementOften } from './increment.ts'

/** How another process imports them. */
export const worksModule: string = import.meta.url

/** What the laws about processes do in either of two. */
export const works = {
  commit: async (port: MetadataStore, item: string, value: string): Promise<number> => mustCommit(port, [put(key(item), value)]),

  read: async (port: MetadataStore, item: string): Promise<readonly (string | undefined)[]> => {
    const { get, scan: pages } = await port.read({ get: [key(item)], scan: [scan('g', { from: item, limit: 1 })] })
    return [get[0], pages[0]?.entries[0]].map((entry) => entry && `${new TextDecoder().decode(entry.value)} at ${entry.revision}`)
  },

  horizon: async (port: MetadataStore): Promise<number> => port.horizon(),

  increments: (port: MetadataStore, times: number): Promise<void> => incrementOften(port, times),

  /** Creates a key in each round; answers with the rounds that it won. */
  creates: (port: MetadataStore, rounds: Rounds, value: string): Promise<readonly number[]> =>
    wonOf(rounds, (round) => {
      const target = key(`round-${padded(round)}`)
      return commitOne(port, [put(target, value)], [absent(target)])
    }),

  /** Removes a directory of each round, expecting that it is empty. */
  removes: (port: MetadataStore, rounds: Rounds): Promise<readonly number[]> =>
    wonOf(rounds, (round) => {
      const { directory, children } = directoryOf(round)
      const isEmpty = range(children, 0, toRevision(2 ** 40))
      return commitOne(port, [remove(directory)], [isEmpty, present(directory)])
    }),

  /** Fills the directory of each round, expecting that it is there. */
  fills: (port: MetadataStore, rounds: Rounds): Promise<readonly number[]> =>
    wonOf(rounds, (round) => {
      const { directory, children } = directoryOf(round)
      return commitOne(port, [put(key('child', children))], [present(directory)])
    }),
}

/** A directory's own key, and the group of its children, which are ranged. */
export function directoryOf(round: number): { readonly directory: ReturnType<typeof key>; readonly children: string } {
  return { directory: key(`dir-${padded(round)}`, 'd0'), children: `d${padded(round)}` }
}

async function wonOf(rounds: Rounds, attempt: (round: number) => Promise<CommitResult>): Promise<readonly number[]> {
  const won: number[] = []
  for (const round of upTo(rounds.count)) {
    await beginning(rounds, round)
    const { status } = await attempt(round)
    if (status === 'committed') won.push(round)
  }
  return won
}
