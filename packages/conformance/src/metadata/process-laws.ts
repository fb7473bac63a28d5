import type { MetadataStore } from 'nexusfs'
import { expectEqual, expectThat, LawBroken } from '../expect.ts'
import { type LawContext, type LawRequirement, namespacesOfProcesses } from '../law.ts'
import { roundsFromNow } from '../other-process/rounds.ts'
import { together } from './alongside.ts'
import { key, type MetadataLaw, mustCommit, padded, put, textOf, upTo } from './fixtures.ts'
import { expectCounted, putCounter } from './increment.ts'
import { directoryOf, works, worksModule } from './process-works.ts'
import { sentences } from './sentences.ts'
import { watchOf } from './watch-laws.ts'

const shared = namespacesOfProcesses<MetadataStore>()

const sharedWatch: LawRequirement<MetadataStore> = {
  ...shared,
  description: `capability watch, and ${shared.description}`,
  isMet: (subject, info, port) => info.capabilities.watch && shared.isMet(subject, info, port),
}

/** What the laws about clients cannot see: clients of one process may share a lock, a cache or a counter that no other process knows. */
export const processLaws: readonly MetadataLaw[] = [
  {
    id: 'processes-see-commits',
    member: 'read',
    title: 'a process sees at once what another had acknowledged, by get and by scan, though it had just looked',
    sentence: sentences.ownAcks,
    requires: shared,
    async check(context) {
      const sides = await sidesOf(context)
      for (const round of upTo(30)) {
        const [writer, reader] = round % 2 === 0 ? sides : [sides[1], sides[0]]
        await reader('read', 'a')
        const revision = await writer('commit', 'a', `round ${round}`)
        const seen = `round ${round} at ${revision}`
        expectEqual(await reader('read', 'a'), [seen, seen], `round ${round}: what the other process reads, by get and by scan`)
      }
    },
  },
  {
    id: 'processes-serial',
    member: 'commit',
    title: 'increments by two processes are all counted, in the order of their revisions',
    sentence: sentences.serial,
    requires: shared,
    async check(context) {
      const { port } = context
      const [here, there] = await sidesOf(context)
      await putCounter(port)
      await together([() => here('increments', each), () => there('increments', each), () => here('increments', each)])
      await expectCounted(port, 3 * each)
    },
  },
  {
    id: 'processes-create-race',
    member: 'commit',
    title: 'of two processes that create one key at the same instant, exactly one wins, and its value stays',
    sentence: sentences.serial,
    requires: shared,
    async check(context) {
      const [here, there] = await sidesOf(context)
      const rounds = roundsFromNow(races)
      const [own, other] = await wonBy(
        () => here('creates', rounds, 'here'),
        () => there('creates', rounds, 'there'),
      )
      for (const round of upTo(races)) {
        const winners = [...(own.has(round) ? ['here'] : []), ...(other.has(round) ? ['there'] : [])]
        expectEqual(winners.length, 1, `one winner in round ${round}`)
        expectEqual(await textOf(context.port, key(`round-${padded(round)}`)), winners[0], 'the value of the winner')
      }
    },
  },
  {
    id: 'processes-no-write-skew',
    member: 'commit',
    title: 'of two processes, one that removes what it expects to be empty and one that fills it, one wins',
    sentence: sentences.serial,
    requires: shared,
    async check(context) {
      const [here, there] = await sidesOf(context)
      await mustCommit(
        context.port,
        upTo(races).map((round) => put(directoryOf(round).directory)),
      )
      const rounds = roundsFromNow(races)
      const [removed, filled] = await wonBy(
        () => here('removes', rounds),
        () => there('fills', rounds),
      )
      for (const round of upTo(races)) {
        expectThat(removed.has(round) !== filled.has(round), `round ${round}: the directory goes, or it gets a child`, {
          actual: removed.has(round) ? 'both' : 'neither',
        })
      }
    },
  },
  {
    id: 'processes-real-time',
    member: 'commit',
    title: 'a commit called after another process had the acknowledgement of its own gets a higher revision',
    sentence: sentences.realTime,
    requires: shared,
    async check(context) {
      const sides = await sidesOf(context)
      let last = 0
      for (const round of upTo(30)) {
        const revision = Number(await sides[round % 2 === 0 ? 0 : 1]('commit', `item-${round % 5}`, ''))
        expectThat(revision > last, `round ${round}: above the revision before`, { expected: `above ${last}`, actual: revision })
        last = revision
      }
    },
  },
  {
    id: 'processes-see-horizon',
    member: 'horizon',
    title: 'the horizon that one process reads has reached what another had acknowledged',
    sentence: sentences.horizonReaches,
    requires: shared,
    async check(context) {
      const sides = await sidesOf(context)
      for (const round of upTo(20)) {
        const [writer, reader] = round % 2 === 0 ? sides : [sides[1], sides[0]]
        await reader('horizon')
        const revision = Number(await writer('commit', `item-${round}`, ''))
        const horizon = Number(await reader('horizon'))
        expectThat(horizon >= revision, 'the horizon reaches the commit', { expected: revision, actual: horizon })
      }
    },
  },
  {
    id: 'processes-watch',
    member: 'watch',
    title: 'a watch hears of the commits of another process',
    sentence: sentences.watch,
    requires: sharedWatch,
    async check(context) {
      const [, there] = await sidesOf(context)
      const watcher = await watchOf(context.port)
      for (const round of upTo(3)) {
        watcher.forget()
        await there('commit', 'a', `round ${round}`)
        await watcher.expectCall(`after commit ${round} of another process`)
      }
      await watcher.watch.close()
    },
  },
]

const races = 40
const each = 40

type Side = (work: keyof typeof works, ...args: readonly unknown[]) => Promise<unknown>

/** The same work in this process and in another one, each with a client of its own. */
async function sidesOf({ port, openInOtherProcess }: LawContext<MetadataStore>): Promise<readonly [here: Side, there: Side]> {
  const other = await openInOtherProcess()
  const here: Side = (work, ...args) => Reflect.apply(works[work], works, [port, ...args])
  const there: Side = (work, ...args) => other.run(worksModule, work, ...args)
  await there('horizon')
  return [here, there]
}

async function wonBy(
  ...sides: readonly (() => Promise<unknown>)[]
): Promise<readonly [ReadonlySet<unknown>, ReadonlySet<unknown>]> {
  const [here, there] = await together(sides)
  return [new Set(roundsOf(here)), new Set(roundsOf(there))]
}

function roundsOf(won: unknown): readonly unknown[] {
  if (Array.isArray(won)) return won
  throw new LawBroken('a list of rounds', { actual: won })
}
