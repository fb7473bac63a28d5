import type { Commit, MetadataStore, Write } from 'nexusfs'
import { revisionZero, toRevision } from 'nexusfs/adapter-kit'
import { NexusError } from 'nexusfs/errors'
import { replacing, wrapPorts } from '../../mutant.ts'
import { commitOf, entryOf, put, remove } from '../fixtures.ts'
import { clients, committedAs, type MetadataMutant, reopened, sharedState, turn } from './wrong-store.ts'

export const lifecycleMutants: readonly MetadataMutant[] = [
  {
    id: 'says-disk',
    breaks: 'commit-synced',
    description: 'it says that it is in class disk, and never syncs',
    mutate: clients((port) => ({ info: { ...port.info, durability: 'disk' } })),
  },
  {
    id: 'last-commit-lost',
    breaks: 'commit-durable',
    description: 'closing a client loses its last commit',
    mutate: clients((port) => {
      let undo: readonly Write[] = []
      return {
        commit: async (list, options) => {
          const before = list.length > 0 && !options?.signal?.aborted ? await undoing(port, list) : []
          const done = await port.commit(list, options)
          undo = before
          return done
        },
        close: async () => {
          if (undo.length > 0) await port.commit([commitOf(undo)])
          undo = []
          await port.close()
        },
      }
    }),
  },
  {
    id: 'empty-values-lost',
    breaks: 'reopen-random',
    description: 'an entry with an empty value is gone when the namespace is opened again',
    mutate: reopened(({ value }) => value.length > 0),
  },
  {
    id: 'reopen-from-0',
    breaks: 'reopen-revisions',
    description: 'revisions that are reported begin anew when the namespace is opened again',
    mutate: sharedState(
      () => ({ last: revisionZero }),
      (port, shared) => {
        const { last } = shared
        return {
          close: async () => {
            if (shared.last === revisionZero) shared.last = await port.horizon().catch(() => revisionZero)
            await port.close()
          },
          commit: async (list, options) => {
            const done = await port.commit(list, options)
            return done.map((result) => committedAs(result, (revision) => toRevision(Math.max(0, revision - last))))
          },
        }
      },
    ),
  },
  {
    id: 'abort-commits',
    breaks: 'abort-commit',
    description: 'a commit is applied although its signal has fired',
    mutate: clients((port) => ({
      commit: async (list, options) => {
        if (options?.signal?.aborted) await port.commit(list)
        return await port.commit(list, options)
      },
    })),
  },
  {
    id: 'abort-reads',
    breaks: 'abort-read',
    description: 'a read does not look at its signal',
    mutate: clients((port) => ({ read: (request) => port.read(request) })),
  },
  {
    id: 'abort-loads',
    breaks: 'abort-load',
    description: 'a load does not look at its signal',
    mutate: clients((port) => ({ load: (entries) => port.load(entries) })),
  },
  {
    id: 'abort-breaks-client',
    breaks: 'abort-midway',
    description: 'a signal that fires during a commit leaves the client unusable',
    mutate: clients((port) => {
      let isBroken = false
      return {
        commit: async (list, options) => {
          const done = await port.commit(list, options)
          if (options?.signal?.aborted) isBroken = true
          return done
        },
        read: async (request, options) => {
          if (isBroken) throw new NexusError('Unavailable', 'the connection is lost')
          return await port.read(request, options)
        },
      }
    }),
  },
  {
    id: 'abort-undoes',
    breaks: 'abort-late',
    description: 'a signal that fires after a commit undoes it',
    mutate: clients((port) => ({
      commit: async (list, options) => {
        const signal = options?.signal
        const undo = signal === undefined || signal.aborted ? [] : await undoing(port, list)
        const done = await port.commit(list, options)
        signal?.addEventListener('abort', () => void port.commit([commitOf(undo)]))
        return done
      },
    })),
  },
  {
    id: 'close-while-closing',
    breaks: 'close-again',
    description: 'close while another close runs is refused',
    mutate: clients((port) => {
      let isClosing = false
      return {
        close: async () => {
          if (isClosing) throw new NexusError('Closed', 'the store is closing')
          isClosing = true
          await port.close()
          isClosing = false
        },
      }
    }),
  },
  {
    id: 'horizon-after-close',
    breaks: 'close-refuses-read',
    description: 'the horizon is 0 after close',
    mutate: clients((port) => ({ horizon: (options) => port.horizon(options).catch(after('Closed', revisionZero)) })),
  },
  {
    id: 'load-after-close',
    breaks: 'close-refuses-commit',
    description: 'load after close does nothing, silently',
    mutate: clients((port) => ({ load: (entries, options) => port.load(entries, options).catch(after('Closed', undefined)) })),
  },
  {
    id: 'close-cuts-off',
    breaks: 'close-waits',
    description: 'close cuts off commits that run',
    mutate: (subject) =>
      wrapPorts(subject, (port) =>
        replacing(port, {
          commit: async (list, options) => {
            if (list.length === 1 && list[0]?.expect.length === 0) await turn()
            return await port.commit(list, options)
          },
        }),
      ),
  },
  {
    id: 'close-closes-all',
    breaks: 'close-alone',
    description: 'closing one client closes all clients of the namespace',
    mutate: sharedState(
      () => new Set<MetadataStore>(),
      (port, all) => {
        all.add(port)
        return {
          close: async () => {
            for (const client of all) await client.close()
            all.clear()
          },
        }
      },
    ),
  },
]

/** The writes that bring back what the commits are about to change. */
async function undoing(port: MetadataStore, list: readonly Commit[]): Promise<readonly Write[]> {
  const keys = (list.at(-1)?.writes ?? []).slice(0, 10).map(({ key }) => key)
  const undo: Write[] = []
  for (const target of keys) {
    const before = await entryOf(port, target).catch(after('InvalidArgument', undefined))
    undo.push(before === undefined ? remove(target) : put(target, before.value))
  }
  return undo
}

/** Gives a value instead of an error of that code. */
function after<Value>(code: string, value: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof NexusError && error.code === code) return value
    throw error
  }
}
