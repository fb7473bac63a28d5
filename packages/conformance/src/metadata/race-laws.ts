import { setImmediate } from 'node:timers/promises'
import type { CommitResult, Key, MetadataStore, Revision } from 'nexusfs'
import { toRevision } from 'nexusfs/adapter-kit'
import { expectEqual, expectThat } from '../expect.ts'
import { clientsShareANamespace } from '../law.ts'
import { together } from './alongside.ts'
import {
  absent,
  commitOne,
  itemsOf,
  key,
  type MetadataLaw,
  mustCommit,
  padded,
  pageOf,
  present,
  put,
  range,
  remove,
  revisionOf,
  scan,
  textOf,
  upTo,
} from './fixtures.ts'
import { sentences } from './sentences.ts'

const ever = toRevision(2 ** 40)

/** A step is a microtask at first, then a turn of the event loop: so many of each. */
const microtasks = 30
const turns = 5

async function stepsLater(steps: number): Promise<void> {
  for (const step of upTo(steps)) await (step < microtasks ? undefined : setImmediate())
}

export const raceLaws: readonly MetadataLaw[] = [
  {
    id: 'create-race',
    member: 'commit',
    title: 'of many that create one key at once, exactly one wins, and its value stays',
    sentence: sentences.serial,
    requires: clientsShareANamespace(),
    async check({ port, openAnother }) {
      const clients = [port, await openAnother()]
      for (const round of upTo(5)) {
        const target = key(`round-${round}`)
        const creators = upTo(8).map(
          (index) => () => commitOne(clients[index % 2] ?? port, [put(target, `creator ${index}`)], [absent(target)]),
        )
        const results = await together(creators)
        const winners = upTo(8).filter((index) => results[index]?.status === 'committed')
        expectEqual(winners.length, 1, 'one winner')
        expectEqual(await textOf(port, target), `creator ${winners[0]}`, 'the value of the winner')
      }
    },
  },
  {
    id: 'create-staggered',
    member: 'commit',
    title: 'of two that create one key, one of which begins while the other is under way, exactly one wins',
    sentence: sentences.serial,
    async check({ port }) {
      for (const delay of upTo(microtasks + turns)) {
        const target = key(`after ${delay} steps`)
        const late = async (): Promise<CommitResult> => {
          await stepsLater(delay)
          return commitOne(port, [put(target, 'late')], [absent(target)])
        }
        const results = await together([() => commitOne(port, [put(target, 'early')], [absent(target)]), late])
        const winners = ['early', 'late'].filter((_name, index) => results[index]?.status === 'committed')
        expectEqual(winners.length, 1, `one winner, where the other begins ${delay} steps later`)
        expectEqual(await textOf(port, target), winners[0], 'the value of the winner')
      }
    },
  },
  {
    id: 'no-write-skew',
    member: 'commit',
    title: 'of a commit that expects a range to be empty and one that fills it, each expecting what the other changes, one wins',
    sentence: sentences.serial,
    requires: clientsShareANamespace(),
    async check({ port, openAnother }) {
      const other = await openAnother()
      for (const round of upTo(20)) {
        const directory = key(`dir-${round}`, 'd0')
        const group = `d${round}-children`
        await mustCommit(port, [put(directory)])
        const removing = () => commitOne(port, [remove(directory)], [range(group, 0, ever), present(directory)])
        const creating = () => commitOne(other, [put(key('child', group))], [present(directory)])
        const results = await together(round % 2 === 0 ? [removing, creating] : [creating, removing])
        const statuses = results.map(({ status }) => status).sort()
        expectEqual(statuses, ['committed', 'conflict'], 'the directory goes, or it gets a child')
      }
    },
  },
  {
    id: 'no-false-conflict',
    member: 'commit',
    title: 'commits about different keys of one group never conflict',
    sentence: sentences.serial,
    async check({ port }) {
      const creators = upTo(50).map((index) => () => {
        const target = key(padded(index), 'd1')
        return commitOne(port, [put(target)], [absent(target)])
      })
      const results = await together(creators)
      expectEqual(
        results.filter(({ status }) => status !== 'committed'),
        [],
        'all 50 are committed',
      )
      expectEqual((await itemsOf(port, scan('d1'))).length, 50, 'all 50 are there')
    },
  },
  {
    id: 'opposite-keys',
    member: 'commit',
    title: '2 x 300 commits that name the same keys in opposite orders all end without an error',
    sentence: sentences.serial,
    requires: clientsShareANamespace(),
    async check({ port, openAnother }) {
      const keys = upTo(4).map((index) => key(`item-${index}`, 'd1'))
      await mustCommit(
        port,
        keys.map((target) => put(target)),
      )
      await together([...writers(port, keys), ...writers(await openAnother(), keys.toReversed())])
    },
  },
  {
    id: 'opposite-ranges',
    member: 'commit',
    title: 'commits that each expect the range that the other fills all end without an error',
    sentence: sentences.serial,
    requires: clientsShareANamespace(),
    async check({ port, openAnother }) {
      const other = await openAnother()
      await together([
        ...fillers(port, 'd1', 'd2'),
        ...fillers(other, 'd2', 'd1'),
        ...fillers(port, 'd1', 'd1'),
        ...fillers(other, 'd1', 'd1'),
      ])
    },
  },
  {
    id: 'large-beside-small',
    member: 'commit',
    title: 'a commit of 10,000 writes and 50 small ones at the same time are all applied',
    sentence: sentences.serial,
    async check({ port }) {
      const large = () =>
        commitOne(
          port,
          upTo(10_000).map((index) => put(key(padded(index), 'd1'))),
        )
      const small = upTo(50).map(
        (index) => () => commitOne(port, [put(key(padded(index), 'd2'))], [absent(key(padded(index), 'd2'))]),
      )
      const results = await together<CommitResult>([...small.slice(0, 25), large, ...small.slice(25)])
      const revisions: ReadonlySet<Revision> = new Set(results.map(revisionOf))
      expectEqual(revisions.size, 51, 'each with a revision of its own')
      expectEqual((await itemsOf(port, scan('d2'))).length, 50, 'the small ones are there')
      const page = await pageOf(port, scan('d1', { from: padded(9999) }))
      expectEqual(page.entries.length, 1, 'the last of the large one is there')
    },
  },
]

/** Two workers of 150 commits each. */
function writers(port: MetadataStore, keys: readonly Key[]): readonly (() => Promise<void>)[] {
  const write = async (): Promise<void> => {
    for (const _round of upTo(150))
      await mustCommit(
        port,
        keys.map((target) => put(target)),
        keys.map(present),
      )
  }
  return [write, write]
}

/** One worker that expects one range while it changes another, or the same. */
function fillers(port: MetadataStore, expected: string, filled: string): readonly (() => Promise<void>)[] {
  const fill = async (): Promise<void> => {
    for (const round of upTo(25)) {
      const { status } = await commitOne(port, [put(key(`item-${round % 3}`, filled))], [range(expected, round % 4, ever)])
      expectThat(status !== 'failed', 'a commit or a conflict', { actual: status })
    }
  }
  return [fill]
}
