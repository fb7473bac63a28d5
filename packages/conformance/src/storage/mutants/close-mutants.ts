import type { StorageBackend } from 'nexusfs'
import { NexusError } from 'nexusfs/errors'
import { endingOn } from './stream-mutants.ts'
import { clients, except, type StorageMutant, sharedState, stageOf } from './wrong-backend.ts'

export const closeMutants: readonly StorageMutant[] = [
  {
    id: 'says-disk',
    breaks: 'put-synced',
    description: 'it says that it is in class disk, and never syncs',
    mutate: clients((port) => ({
      info: { ...port.info, durability: 'disk' },
    })),
  },
  {
    id: 'closes-once',
    breaks: 'close-idempotent',
    description: 'a second close is refused',
    mutate: clients((port) => {
      let isClosed = false
      return {
        async close() {
          if (isClosed) throw new NexusError('Closed', 'closed already')
          isClosed = true
          await port.close()
        },
      }
    }),
  },
  {
    id: 'put-after-close',
    breaks: 'closed-put',
    description: 'put after close pretends to succeed',
    mutate: clients((port) => ({
      put: (key, body, options) => except('Closed', port.put(key, body, options), () => {}),
    })),
  },
  {
    id: 'get-after-close',
    breaks: 'closed-get',
    description: 'get after close gives no bytes',
    mutate: clients((port) => ({
      get: (key, options) => except('Closed', port.get(key, options), () => new Uint8Array()),
    })),
  },
  {
    id: 'stream-after-close',
    breaks: 'closed-stream',
    description: 'a stream begun after close ends at once',
    mutate: clients((port) => ({
      async *stream(key, options) {
        const info = await except('Closed', port.stat([]), () => [undefined])
        if (info.length === 0) yield* port.stream(key, options)
      },
    })),
  },
  {
    id: 'stat-after-close',
    breaks: 'closed-stat',
    description: 'stat after close knows no blob',
    mutate: clients((port) => ({
      stat: (keys, options) => except('Closed', port.stat(keys, options), () => keys.map(() => undefined)),
    })),
  },
  {
    id: 'delete-after-close',
    breaks: 'closed-delete',
    description: 'delete after close pretends to succeed',
    mutate: clients((port) => ({
      delete: (keys, options) => except('Closed', port.delete(keys, options), () => {}),
    })),
  },
  {
    id: 'list-after-close',
    breaks: 'closed-list',
    description: 'list after close is empty',
    mutate: clients((port) => ({
      list: (options) => except('Closed', port.list(options), () => ({ blobs: [] })),
    })),
  },
  {
    id: 'stage-after-close',
    breaks: 'closed-stage',
    description: 'stage after close pretends to succeed',
    mutate: clients((port) => ({
      stage: (body, options) =>
        except('Closed', stageOf(port)(body, options), () => ({ publish: async () => {}, discard: async () => {} })),
    })),
  },
  {
    id: 'closes-at-once',
    breaks: 'close-waits',
    description: 'close returns while a put is under way',
    mutate: clients((port) => ({
      async close() {
        void port.close()
      },
    })),
  },
  {
    id: 'close-cuts-streams',
    breaks: 'close-during-stream',
    description: 'a stream under way ends at close as if it were whole',
    mutate: clients((port) => ({
      stream: (key, options) => endingOn('Closed', 1, port.stream(key, options)),
    })),
  },
  {
    id: 'closes-the-namespace',
    breaks: 'close-alone',
    description: 'closing one client closes all that are open',
    mutate: sharedState(
      () => new Set<StorageBackend>(),
      (port, open) => {
        open.add(port)
        return {
          async close() {
            await Promise.all([...open].map((client) => client.close()))
          },
        }
      },
    ),
  },
]
