import type { CommitResult, MetadataStore, Revision } from 'nexusfs'
import { revisionZero, toRevision } from 'nexusfs/adapter-kit'
import type { ConformanceHooks, ConformanceSubject, HeldCommit } from '../../law.ts'
import { highest } from './horizon-mutants.ts'
import { changedEntries, type MetadataMutant, sharedState } from './wrong-store.ts'

type Subject = ConformanceSubject<MetadataStore>
type Hold = NonNullable<ConformanceHooks<MetadataStore>['commitHeld']>

export const heldMutants: readonly MetadataMutant[] = [
  {
    id: 'horizon-of-last',
    breaks: 'horizon-held',
    description: 'the horizon is the highest revision that was acknowledged',
    mutate: sharedState(
      () => ({ last: revisionZero }),
      (port, shared) => ({
        commit: async (list, options) => {
          const done = await port.commit(list, options)
          shared.last = highest(done, shared.last)
          return done
        },
        horizon: async (options) => toRevision(Math.max(shared.last, await port.horizon(options))),
      }),
    ),
  },
  {
    id: 'horizon-forgets-older',
    breaks: 'horizon-held-oldest',
    description: 'once one running commit ends, the horizon no longer minds those that still run',
    mutate: (subject) => {
      const shared = { last: revisionZero, released: 0, held: 0 }
      const tracked = withHold(subject, async (hold, ...call) => {
        const held = await hold(...call)
        shared.held += 1
        return releasing(held, () => {
          shared.released += 1
        })
      })
      return sharedState(
        () => shared,
        (port) => ({
          commit: async (list, options) => {
            const done = await port.commit(list, options)
            shared.last = highest(done, shared.last)
            return done
          },
          horizon: async (options) => {
            const horizon = await port.horizon(options)
            const forgets = shared.released > 0 && shared.held > shared.released
            return forgets ? toRevision(Math.max(shared.last, horizon)) : horizon
          },
        }),
      )(tracked)
    },
  },
  {
    id: 'visible-while-running',
    breaks: 'held-invisible',
    description: 'what a running commit writes is visible at once',
    mutate: (subject) =>
      withHold(subject, async (hold, ...call) => {
        const results = await (await hold(...call)).release()
        return { release: async () => results }
      }),
  },
  {
    id: 'revision-at-the-end',
    breaks: 'held-order',
    description: 'a commit draws its revision when it ends',
    mutate: (subject) => withHold(subject, async (hold, ...call) => ({ release: async () => (await hold(...call)).release() })),
  },
  {
    id: 'expect-before-running',
    breaks: 'held-expectation',
    description: 'expectations are answered from before the commits that run',
    mutate: (subject) => {
      let running = 0
      const tracked = withHold(subject, async (hold, ...call) => {
        const held = await hold(...call)
        running += 1
        return releasing(held, () => {
          running -= 1
        })
      })
      return sharedState(
        () => undefined,
        (port) => ({
          commit: (list, options) => port.commit(running > 0 ? list.map((commit) => ({ ...commit, expect: [] })) : list, options),
        }),
      )(tracked)
    },
  },
  {
    id: 'horizon-at-running',
    breaks: 'held-feed',
    description: 'the horizon reaches the commit that runs',
    mutate: (subject) => {
      let running = 0
      const tracked = withHold(subject, async (hold, ...call) => {
        const held = await hold(...call)
        running += 1
        return releasing(held, () => {
          running -= 1
        })
      })
      return sharedState(
        () => undefined,
        (port) => ({
          horizon: async (options) => toRevision((await port.horizon(options)) + Math.min(1, running)),
        }),
      )(tracked)
    },
  },
  {
    id: 'revision-set-back',
    breaks: 'held-read-at',
    description: 'the entries of a commit that ran for long carry the revision before it began',
    mutate: (subject) => {
      const late = new Set<Revision>()
      const tracked = withHold(subject, async (hold, ...call) => {
        const held = await hold(...call)
        return releasing(held, (results) => {
          for (const result of results) if (result.status === 'committed') late.add(result.revision)
        })
      })
      return sharedState(
        () => late,
        (port) => ({
          read: async (request, options) =>
            changedEntries(await port.read(request, options), (entry) =>
              late.has(entry.revision) ? { ...entry, revision: toRevision(entry.revision - 1) } : entry,
            ),
        }),
      )(tracked)
    },
  },
]

/** Changes the hook `commitHeld`, where there is one. */
function withHold(subject: Subject, change: (hold: Hold, ...call: Parameters<Hold>) => Promise<HeldCommit>): Subject {
  const hold = subject.hooks?.commitHeld
  if (hold === undefined) return subject
  return { ...subject, hooks: { ...subject.hooks, commitHeld: (...call) => change(hold, ...call) } }
}

function releasing(held: HeldCommit, onRelease: (results: readonly CommitResult[]) => void): HeldCommit {
  return {
    release: async () => {
      const results = await held.release()
      onRelease(results)
      return results
    },
  }
}
