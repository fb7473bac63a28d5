import type { StorageBackend } from 'nexusfs'
import { NexusError } from 'nexusfs/errors'
import { stageOf } from './keys.ts'
import { except, mutant, placeMutant, type StorageMutant } from './mutant.ts'
import { endingOn } from './stream.ts'

export const closeMutants: readonly StorageMutant[] = [
  mutant('says-disk', 'put-synced', 'it says that it is in class disk, and never syncs', (port) => ({
    info: { ...port.info, durability: 'disk' },
  })),
  mutant('closes-once', 'close-idempotent', 'a second close is refused', (port) => {
    let isClosed = false
    return {
      async close() {
        if (isClosed) throw new NexusError('Closed', 'closed already')
        isClosed = true
        await port.close()
      },
    }
  }),
  mutant('put-after-close', 'closed-put', 'put after close pretends to succeed', (port) => ({
    put: (key, body, options) => except('Closed', port.put(key, body, options), () => {}),
  })),
  mutant('get-after-close', 'closed-get', 'get after close gives no bytes', (port) => ({
    get: (key, options) => except('Closed', port.get(key, options), () => new Uint8Array()),
  })),
  mutant('stream-after-close', 'closed-stream', 'a stream begun after close ends at once', (port) => ({
    async *stream(key, options) {
      const info = await except('Closed', port.stat([]), () => [undefined])
      if (info.length === 0) yield* port.stream(key, options)
    },
  })),
  mutant('stat-after-close', 'closed-stat', 'stat after close knows no blob', (port) => ({
    stat: (keys, options) => except('Closed', port.stat(keys, options), () => keys.map(() => undefined)),
  })),
  mutant('delete-after-close', 'closed-delete', 'delete after close pretends to succeed', (port) => ({
    delete: (keys, options) => except('Closed', port.delete(keys, options), () => {}),
  })),
  mutant('list-after-close', 'closed-list', 'list after close is empty', (port) => ({
    list: (options) => except('Closed', port.list(options), () => ({ blobs: [] })),
  })),
  mutant('stage-after-close', 'closed-stage', 'stage after close pretends to succeed', (port) => ({
    stage: (body, options) =>
      except('Closed', stageOf(port)(body, options), () => ({ publish: async () => {}, discard: async () => {} })),
  })),
  mutant('closes-at-once', 'close-waits', 'close returns while a put is under way', (port) => ({
    async close() {
      void port.close()
    },
  })),
  mutant('close-cuts-streams', 'close-during-stream', 'a stream under way ends at close as if it were whole', (port) => ({
    stream: (key, options) => endingOn('Closed', 1, port.stream(key, options)),
  })),
  placeMutant(
    'closes-the-place',
    'close-alone',
    'closing one client closes all that are open',
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
]
