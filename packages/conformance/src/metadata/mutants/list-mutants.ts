import type { Commit, CommitResult, Expectation } from 'nexusfs'
import { checkCommits, keyText } from 'nexusfs/adapter-kit'
import { NexusError } from 'nexusfs/errors'
import { commitOf } from '../fixtures.ts'
import { clients, commits, committedAs, entriesIn, type MetadataMutant, notEmpty, results } from './wrong-store.ts'

export const listMutants: readonly MetadataMutant[] = [
  {
    id: 'writes-before-last-check',
    breaks: 'commit-atomic',
    description: 'writes are applied once two expectations hold',
    mutate: clients((port) => ({
      commit: async (list, options) => {
        const done = await port.commit(list, options)
        const early = list.filter((_, index) => isLateConflict(done[index]))
        if (early.length > 0) await port.commit(early.map(({ writes }) => commitOf(writes)))
        return done
      },
    })),
  },
  {
    id: 'list-stops',
    breaks: 'commit-list',
    description: 'a member that fails stops those behind it',
    mutate: clients((port) => ({
      commit: async (list, options) => {
        const done: CommitResult[] = []
        if (list.length < 2) return await port.commit(list, options)
        checkCommits(list)
        for (const commit of list) {
          const failed = done.find(({ status }) => status === 'conflict')
          done.push(...(failed === undefined ? await port.commit([commit], options) : [failed]))
        }
        return done
      },
    })),
  },
  {
    id: 'list-ranges-from-before',
    breaks: 'commit-list-sees-before',
    description: 'ranges of a list are looked at before its first member',
    mutate: commits(async (commit, port, index) => {
      if (index === 0) return commit
      const expect: Expectation[] = []
      for (const expectation of commit.expect) {
        if (expectation.kind !== 'range') expect.push(expectation)
        else if (!holds(expectation, await entriesIn(port, expectation))) expect.push({ ...expectation, count: 9_999 })
      }
      return { ...commit, expect }
    }),
  },
  {
    id: 'list-first-put-wins',
    breaks: 'commit-list-same-key',
    description: 'of the puts of one key in a list, the first is applied',
    mutate: commits((commit, _port, index, list) => {
      const earlier = new Set(list.slice(0, index).flatMap(({ writes }) => writes.map(({ key }) => keyText(key))))
      const writes = commit.writes.filter(
        (write) => (write.kind === 'put' && write.key.revisionAt !== undefined) || !earlier.has(keyText(write.key)),
      )
      return { ...commit, writes: notEmpty(writes, commit.writes) }
    }),
  },
  {
    id: 'list-one-revision',
    breaks: 'commit-list-revisions',
    description: 'all members of a list report the revision of the last',
    mutate: results((done) => {
      const last = done.findLast((result) => result.status === 'committed')
      return done.map((result) => committedAs(result, (revision) => (last?.status === 'committed' ? last.revision : revision)))
    }),
  },
  {
    id: 'list-two-winners',
    breaks: 'commit-list-winner',
    description: '`absent` does not see what earlier members of its list put',
    mutate: commits((commit, _port, index, list) => {
      const earlier = new Set(list.slice(0, index).flatMap(({ writes }) => writes.map(({ key }) => keyText(key))))
      const expect = commit.expect.filter(
        (expectation) => expectation.kind !== 'absent' || !earlier.has(keyText(expectation.key)),
      )
      return { ...commit, expect }
    }),
  },
  {
    id: 'list-empty-refused',
    breaks: 'commit-list-empty',
    description: 'an empty list is refused',
    mutate: clients((port) => ({
      commit: async (list, options) => {
        if (list.length > 0) return await port.commit(list, options)
        throw new NexusError('InvalidArgument', 'an empty list', { context: { outcome: 'none' } })
      },
    })),
  },
  {
    id: 'list-100-results',
    breaks: 'commit-list-long',
    description: 'a list is answered by at most 100 results',
    mutate: results((done) => done.slice(0, 100)),
  },
]

function isLateConflict(result: CommitResult | undefined): boolean {
  return result?.status === 'conflict' && result.expectation === 2
}

function holds(
  { count, maxRevision }: Extract<Commit['expect'][number], { kind: 'range' }>,
  entries: readonly { readonly revision: number }[],
): boolean {
  return entries.length === count && entries.every(({ revision }) => revision <= maxRevision)
}
