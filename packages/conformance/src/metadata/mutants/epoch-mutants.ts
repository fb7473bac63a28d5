import type { Revision } from 'nexusfs'
import { revisionsPerEpoch, revisionZero, toRevision } from 'nexusfs/adapter-kit'
import { clients, type MetadataMutant } from './wrong-store.ts'

export const epochMutants: readonly MetadataMutant[] = [
  {
    id: 'epoch-stays',
    breaks: 'epoch-raised',
    description: 'raising the epoch does nothing but say where the store is',
    mutate: clients((port) => ({ raiseEpoch: (options) => port.horizon(options) })),
  },
  {
    id: 'epoch-renumbers',
    breaks: 'epoch-keeps',
    description: 'entries get a revision of the epoch that was raised',
    mutate: clients((port) => {
      let raised: Revision | undefined
      return {
        raiseEpoch: async (options) => {
          raised = await port.raiseEpoch?.(options)
          return raised ?? revisionZero
        },
        read: async (request, options) => {
          const reply = await port.read(request, options)
          const least = raised
          if (least === undefined) return reply
          return {
            ...reply,
            get: reply.get.map((entry) => entry && { ...entry, revision: toRevision(Math.max(entry.revision, least)) }),
          }
        },
      }
    }),
  },
  {
    id: 'epoch-of-client',
    breaks: 'epoch-others',
    description: 'a client that has opened before goes on with the horizon of the epoch before',
    mutate: clients((port) => {
      let isMine = false
      return {
        raiseEpoch: async (options) => {
          isMine = true
          return (await port.raiseEpoch?.(options)) ?? revisionZero
        },
        horizon: async (options) => {
          const horizon = await port.horizon(options)
          return isMine ? horizon : toRevision(Math.min(horizon, revisionsPerEpoch - 1))
        },
      }
    }),
  },
]
