import { NexusError } from 'nexusfs/errors'
import { clients, type StorageMutant } from './wrong-backend.ts'

export const statMutants: readonly StorageMutant[] = [
  {
    id: 'stat-leaves-out-the-absent',
    breaks: 'stat-order',
    description: 'stat of several keys answers only for blobs that are there',
    mutate: clients((port) => ({
      async stat(keys, options) {
        const stats = await port.stat(keys, options)
        return keys.length === 1 ? stats : stats.filter((stat) => stat !== undefined)
      },
    })),
  },
  {
    id: 'stat-answers-once',
    breaks: 'stat-order',
    description: 'stat answers once for a key that is asked twice',
    mutate: clients((port) => ({
      stat: (keys, options) => port.stat([...new Set(keys)], options),
    })),
  },
  {
    id: 'stat-needs-a-key',
    breaks: 'stat-none',
    description: 'stat of no keys is refused',
    mutate: clients((port) => ({
      async stat(keys, options) {
        if (keys.length === 0) throw new NexusError('InvalidArgument', 'stat of no keys')
        return port.stat(keys, options)
      },
    })),
  },
  {
    id: 'stat-tires',
    breaks: 'stat-many',
    description: 'stat answers for at most 500 keys',
    mutate: clients((port) => ({
      stat: (keys, options) => port.stat(keys.slice(0, 500), options),
    })),
  },
]
