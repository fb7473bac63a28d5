import type { MetadataStore, Watch } from 'nexusfs'
import { clients, type MetadataMutant, type Mutate, sharedState } from './wrong-store.ts'

interface Listening {
  readonly client: MetadataStore
  readonly listener: () => void
}

export const watchMutants: readonly MetadataMutant[] = [
  {
    id: 'watch-not-own',
    breaks: 'watch-own',
    description: "a watch does not hear of its own client's commits",
    mutate: telling((listening, committer) => listening.client !== committer),
  },
  {
    id: 'watch-only-own',
    breaks: 'watch-others',
    description: "a watch hears only of its own client's commits",
    mutate: telling((listening, committer) => listening.client === committer),
  },
  {
    id: 'watch-once',
    breaks: 'watch-last',
    description: 'a watch calls its listener once',
    mutate: clients((port) => ({
      watch: (listener, options) => {
        let isCalled = false
        const once = (): void => {
          if (!isCalled) listener()
          isCalled = true
        }
        return watched(port, once, options)
      },
    })),
  },
  {
    id: 'watch-replaces',
    breaks: 'watch-two',
    description: 'a second watch of a client ends the first',
    mutate: clients((port) => {
      let before: Watch | undefined
      return {
        watch: async (listener, options) => {
          await before?.close()
          before = await watched(port, listener, options)
          return before
        },
      }
    }),
  },
  {
    id: 'watch-goes-on',
    breaks: 'watch-close',
    description: 'a closed watch is still called',
    mutate: clients((port) => ({
      watch: async (listener, options) => {
        await watched(port, listener, options)
        return { close: async () => {} }
      },
    })),
  },
  {
    id: 'watch-silent',
    breaks: 'watch-unsupported',
    description: 'a store without watch gives one that never calls',
    mutate: clients((port) => (port.info.capabilities.watch ? {} : { watch: async () => ({ close: async () => {} }) })),
  },
]

async function watched(port: MetadataStore, ...call: Parameters<NonNullable<MetadataStore['watch']>>): Promise<Watch> {
  const watch = await port.watch?.(...call)
  return watch ?? { close: async () => {} }
}

/** Tells the listeners for which the claim is true of each commit. */
function telling(isTold: (listening: Listening, committer: MetadataStore) => boolean): Mutate {
  return sharedState(
    () => new Set<Listening>(),
    (port, all) => ({
      commit: async (list, options) => {
        const done = await port.commit(list, options)
        for (const listening of all) if (isTold(listening, port)) setImmediate(listening.listener)
        return done
      },
      watch: async (listener, options) => {
        const watch = await watched(port, () => {}, options)
        const listening = { client: port, listener: () => all.has(listening) && listener() }
        all.add(listening)
        return {
          close: async () => {
            all.delete(listening)
            await watch.close()
          },
        }
      },
    }),
  )
}
