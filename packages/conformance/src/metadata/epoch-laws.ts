import type { MetadataStore, Revision } from 'nexusfs'
import { epochOf, revisionsPerEpoch } from 'nexusfs/adapter-kit'
import { expectEqual, expectThat } from '../expect.ts'
import { clientsShareANamespace, type LawRequirement } from '../law.ts'
import { key, type MetadataLaw, mustCommit, put, textOf, upTo } from './fixtures.ts'
import { sentences } from './sentences.ts'

const raises: LawRequirement<MetadataStore> = {
  description: 'the member raiseEpoch',
  isMet: (_subject, _info, port) => port.raiseEpoch !== undefined,
}

const raisesForAll: LawRequirement<MetadataStore> = {
  description: `the member raiseEpoch, and ${clientsShareANamespace().description}`,
  isMet: (subject, info, port) =>
    raises.isMet(subject, info, port) && clientsShareANamespace<MetadataStore>().isMet(subject, info, port),
}

export const epochLaws: readonly MetadataLaw[] = [
  {
    id: 'epoch-raised',
    member: 'raiseEpoch',
    title: 'a raised epoch begins above every revision given out; the horizon is its start, and commits go on from there',
    sentence: sentences.epoch,
    requires: raises,
    async check({ port }) {
      let last = await mustCommit(port, [put(key('a'))])
      for (const _round of upTo(3)) {
        const horizon = await raised(port)
        expectEqual(horizon, (epochOf(last) + 1) * revisionsPerEpoch, 'the start of the next epoch')
        expectEqual(await port.horizon(), horizon, 'the horizon that is read')
        last = await mustCommit(port, [put(key('a'))])
        expectThat(last > horizon, 'a commit is above it', { expected: `above ${horizon}`, actual: last })
        expectEqual(epochOf(last), epochOf(horizon), 'the epoch of the commit')
      }
    },
  },
  {
    id: 'epoch-keeps',
    member: 'raiseEpoch',
    title: 'entries keep their values and revisions when the epoch is raised',
    sentence: sentences.epoch,
    requires: raises,
    async check({ port }) {
      const revision = await mustCommit(port, [put(key('a'), 'before')])
      await raised(port)
      expectEqual(await textOf(port, key('a')), 'before', 'the value')
      const [entry] = (await port.read({ get: [key('a')] })).get
      expectEqual(entry?.revision, revision, 'the revision of the entry')
    },
  },
  {
    id: 'epoch-others',
    member: 'raiseEpoch',
    title: 'what one client raises holds for all',
    sentence: sentences.epoch,
    requires: raisesForAll,
    async check({ port, openAnother }) {
      const other = await openAnother()
      await mustCommit(other, [put(key('a'))])
      const horizon = await raised(port)
      expectThat((await other.horizon()) >= horizon, 'another client sees it', {
        expected: horizon,
        actual: await other.horizon(),
      })
      const revision = await mustCommit(other, [put(key('b'))])
      expectThat(revision > horizon, 'its commits are above it', { expected: `above ${horizon}`, actual: revision })
    },
  },
]

async function raised(port: MetadataStore): Promise<Revision> {
  const horizon = await port.raiseEpoch?.()
  expectThat(horizon !== undefined, 'raiseEpoch gives the new horizon', { actual: horizon })
  return horizon as Revision
}
