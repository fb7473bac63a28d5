import type { CommitResult, Revision } from 'nexusfs'
import { revisionZero, toRevision } from 'nexusfs/adapter-kit'
import { clients, type MetadataMutant, turn } from './wrong-store.ts'

export const horizonMutants: readonly MetadataMutant[] = [
  {
    id: 'horizon-late',
    breaks: 'horizon-reaches',
    description: 'the first horizon after an own commit is the one before it',
    mutate: clients((port) => {
      let stale: Revision | undefined
      return {
        commit: async (list, options) => {
          const before = await port.horizon()
          const done = await port.commit(list, options)
          stale = before
          return done
        },
        horizon: async (options) => {
          const horizon = stale ?? (await port.horizon(options))
          stale = undefined
          return horizon
        },
      }
    }),
  },
  {
    id: 'horizon-of-client',
    breaks: 'horizon-reaches-others',
    description: 'a client knows the horizon of its own commits',
    mutate: clients((port) => {
      let own = revisionZero
      return {
        commit: async (list, options) => {
          const done = await port.commit(list, options)
          own = highest(done, own)
          return done
        },
        load: async (entries, options) => {
          await port.load(entries, options)
          own = await port.horizon(options)
        },
        raiseEpoch: async (options) => {
          own = (await port.raiseEpoch?.(options)) ?? own
          return own
        },
        horizon: async (options) => {
          await port.horizon(options)
          return own
        },
      }
    }),
  },
  {
    id: 'horizon-falls',
    breaks: 'horizon-monotone',
    description: 'every seventh horizon is lower than the one before',
    mutate: clients((port) => {
      let calls = 0
      return {
        horizon: async (options) => {
          calls += 1
          const horizon = await port.horizon(options)
          return calls % 7 === 0 ? toRevision(Math.max(0, horizon - 3)) : horizon
        },
      }
    }),
  },
  {
    id: 'horizon-ahead',
    breaks: 'horizon-final',
    description: 'the horizon is one above the last commit',
    mutate: clients((port) => ({
      horizon: async (options) => {
        const horizon = await port.horizon(options)
        return horizon === 0 ? horizon : toRevision(horizon + 1)
      },
    })),
  },
  {
    id: 'horizon-from-1',
    breaks: 'horizon-begins',
    description: 'a new store has the horizon 1',
    mutate: clients((port) => ({ horizon: async (options) => toRevision(Math.max(1, await port.horizon(options))) })),
  },
  {
    id: 'horizon-of-issued',
    breaks: 'feed-exactly-once',
    description: 'the horizon counts commits that run',
    mutate: clients((port) => {
      let running = 0
      return {
        commit: async (list, options) => {
          running += 1
          try {
            if (running < 10) await turn()
            return await port.commit(list, options)
          } finally {
            running -= 1
          }
        },
        horizon: async (options) => toRevision((await port.horizon(options)) + Math.min(1, running)),
      }
    }),
  },
]

export function highest(results: readonly CommitResult[], least: Revision): Revision {
  return results.reduce(
    (found, result) => (result.status === 'committed' && result.revision > found ? result.revision : found),
    least,
  )
}
