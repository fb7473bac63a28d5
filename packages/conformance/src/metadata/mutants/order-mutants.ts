import type { Commit, CommitResult, MetadataStore, Revision } from 'nexusfs'
import { revisionZero, toRevision } from 'nexusfs/adapter-kit'
import { entryOf } from '../fixtures.ts'
import { clients, committedAs, type MetadataMutant, type Options, sharedState, turn } from './wrong-store.ts'

export const orderMutants: readonly MetadataMutant[] = [
  {
    id: 'check-then-act',
    breaks: 'commit-serial',
    description: '`at` is checked first, and the writes are applied a moment later',
    mutate: clients((port) => ({ commit: (list, options) => checkThenAct(port, list, options) })),
  },
  {
    id: 'check-then-act-of-client',
    breaks: 'commit-serial-clients',
    description: '`at` is checked under a lock that each client has for itself',
    mutate: clients((port) => {
      let last: Promise<unknown> = Promise.resolve()
      return {
        commit: (list, options) => {
          const own = last.then(() => checkThenAct(port, list, options))
          last = own.catch(() => {})
          return own
        },
      }
    }),
  },
  {
    id: 'revision-of-client',
    breaks: 'commit-real-time',
    description: 'a second client reports revisions that lag by one',
    mutate: sharedState(
      () => ({ opened: 0 }),
      (port, shared) => {
        const lag = shared.opened++ > 0 ? 1 : 0
        return {
          commit: async (list, options) => {
            const done = await port.commit(list, options)
            return done.map((result) => committedAs(result, (revision) => toRevision(revision - lag)))
          },
        }
      },
    ),
  },
  {
    id: 'delete-without-revision',
    breaks: 'commit-revisions-rise',
    description: 'a commit that only deletes reports the revision before',
    mutate: sharedState(
      () => ({ last: revisionZero }),
      (port, shared) => ({
        commit: async (list, options) => {
          const done = await port.commit(list, options)
          return done.map((result, index) => {
            const isDelete = list[index]?.writes.every(({ kind }) => kind === 'delete') ?? false
            const own = committedAs(result, (revision) => (isDelete ? shared.last : revision))
            if (own.status === 'committed') shared.last = own.revision
            return own
          })
        },
      }),
    ),
  },
]

/** Looks at `at` expectations of a lone member in a read of its own. */
async function checkThenAct(port: MetadataStore, list: readonly Commit[], options: Options): Promise<readonly CommitResult[]> {
  const [commit] = list
  if (commit === undefined || list.length > 1 || !commit.expect.some(({ kind }) => kind === 'at')) {
    return await port.commit(list, options)
  }
  for (const expectation of commit.expect) {
    if (expectation.kind !== 'at') continue
    const found: Revision | undefined = (await entryOf(port, expectation.key))?.revision
    if (found !== expectation.revision) return await port.commit(list, options)
  }
  await turn()
  return await port.commit([{ ...commit, expect: commit.expect.filter(({ kind }) => kind !== 'at') }], options)
}
