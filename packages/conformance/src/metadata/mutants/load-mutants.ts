import type { MetadataEntry, MetadataStore, Revision } from 'nexusfs'
import { toRevision } from 'nexusfs/adapter-kit'
import { NexusError } from 'nexusfs/errors'
import { settle } from '../../expect.ts'
import { commitOf, put } from '../fixtures.ts'
import { listOf, streamOf } from '../load-one.ts'
import { clients, committedAs, type MetadataMutant, type Mutate, type Options, reopened, sharedState } from './wrong-store.ts'

export const loadMutants: readonly MetadataMutant[] = [
  {
    id: 'load-in-memory',
    breaks: 'load-durable',
    description: 'what was loaded is gone when the namespace is opened again',
    mutate: reopened(({ revision }, loaded) => revision > loaded),
  },
  {
    id: 'load-raises-revisions',
    breaks: 'load-keeps',
    description: 'loaded revisions are at least 10',
    mutate: loading((entries) => entries.map((entry) => ({ ...entry, revision: toRevision(Math.max(10, entry.revision)) }))),
  },
  {
    id: 'load-counts-entries',
    breaks: 'load-later-higher',
    description: 'the counter goes on from the number of loaded entries',
    mutate: afterLoad((revision, { highest, count }) => toRevision(highest > revision ? revision : revision - highest + count)),
  },
  {
    id: 'load-without-horizon',
    breaks: 'load-horizon',
    description: 'the horizon does not know of a load before the first commit',
    mutate: clients((port) => {
      let before: Revision | undefined
      return {
        load: async (entries, options) => {
          before = await port.horizon(options)
          await port.load(entries, options)
        },
        commit: (list, options) => {
          before = undefined
          return port.commit(list, options)
        },
        horizon: async (options) => before ?? (await port.horizon(options)),
      }
    }),
  },
  {
    id: 'load-ranges-unknown',
    breaks: 'load-expected',
    description: 'ranges always hold once a store is loaded',
    mutate: clients((port) => {
      let isLoaded = false
      return {
        load: async (entries, options) => {
          await port.load(entries, options)
          isLoaded = true
        },
        commit: (list, options) => {
          const without = list.map(({ expect, writes }) =>
            commitOf(
              writes,
              expect.filter(({ kind }) => kind !== 'range'),
            ),
          )
          return port.commit(isLoaded ? without : list, options)
        },
      }
    }),
  },
  {
    id: 'load-adds-to-commits',
    breaks: 'load-not-empty',
    description: 'a load adds to what was committed',
    mutate: clients((port) => ({ load: (entries, options) => loadOrAdd(port, entries, options) })),
  },
  {
    id: 'load-adds-to-load',
    breaks: 'load-again',
    description: 'a load adds to what was loaded',
    mutate: clients((port) => {
      let isLoaded = false
      return {
        load: async (entries, options) => {
          await (isLoaded ? loadOrAdd(port, entries, options) : port.load(entries, options))
          isLoaded = true
        },
      }
    }),
  },
  {
    id: 'load-of-nothing-refused',
    breaks: 'load-nothing',
    description: 'a load of nothing is refused',
    mutate: loading((entries) => {
      if (entries.length > 0) return entries
      throw new NexusError('InvalidArgument', 'nothing to load')
    }),
  },
  {
    id: 'load-2000',
    breaks: 'load-large',
    description: 'a load ends after 2,000 entries',
    mutate: loading((entries) => entries.slice(0, 2000)),
  },
  {
    id: 'load-resets-counter',
    breaks: 'load-after-delete',
    description: 'after a load the counter goes on from the highest loaded revision, though it was higher',
    mutate: afterLoad((revision, { before }) => toRevision(revision > before ? revision - before : revision)),
  },
]

/** Changes what is loaded. */
function loading(change: (entries: readonly MetadataEntry[]) => readonly MetadataEntry[]): Mutate {
  return clients((port) => ({
    load: async (entries, options) => {
      await port.horizon(options)
      await port.load(streamOf(change(await listOf(entries))), options)
    },
  }))
}

interface Loaded {
  /** The horizon before the load. */
  readonly before: Revision
  readonly highest: number
  readonly count: number
}

/** Changes the revisions that are reported after a load. */
function afterLoad(change: (revision: Revision, loaded: Loaded) => Revision): Mutate {
  return sharedState(
    () => ({ loaded: undefined as Loaded | undefined }),
    (port, shared) => ({
      load: async (stream, options) => {
        const before = await port.horizon(options)
        const entries = await listOf(stream)
        await port.load(streamOf(entries), options)
        shared.loaded = { before, highest: Math.max(0, ...entries.map(({ revision }) => revision)), count: entries.length }
      },
      commit: async (list, options) => {
        const done = await port.commit(list, options)
        const { loaded } = shared
        return loaded === undefined ? done : done.map((result) => committedAs(result, (revision) => change(revision, loaded)))
      },
    }),
  )
}

async function loadOrAdd(port: MetadataStore, stream: AsyncIterable<MetadataEntry>, options: Options): Promise<void> {
  await port.horizon(options)
  const entries = await listOf(stream)
  const outcome = await settle(() => port.load(streamOf(entries), options))
  if (outcome.status === 'rejected') await port.commit([commitOf(entries.map(({ key, value }) => put(key, value)))])
}
