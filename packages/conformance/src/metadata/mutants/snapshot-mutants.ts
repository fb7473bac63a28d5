import type { MetadataEntry, ReadReply } from 'nexusfs'
import { keyText } from 'nexusfs/adapter-kit'
import { commitOf } from '../fixtures.ts'
import { clients, type MetadataMutant, type Mutate, sharedState, turn } from './wrong-store.ts'

export const snapshotMutants: readonly MetadataMutant[] = [
  {
    id: 'get-then-scan',
    breaks: 'read-snapshot',
    description: 'keys and scans of one read are looked up one after the other',
    mutate: inTwo((first, second) => (second.scan.length > 0 ? { ...second, get: first.get } : first)),
  },
  {
    id: 'key-by-key',
    breaks: 'read-snapshot-gets',
    description: 'the first key of a read is looked up before the others',
    mutate: inTwo((first, second) => ({ ...first, get: [...first.get.slice(0, 1), ...second.get.slice(1)] })),
  },
  {
    id: 'scan-by-scan',
    breaks: 'read-snapshot-scans',
    description: 'the first scan of a read runs before the others',
    mutate: inTwo((first, second) => ({ ...first, scan: [...first.scan.slice(0, 1), ...second.scan.slice(1)] })),
  },
  {
    id: 'reads-remembered',
    breaks: 'read-own-acks',
    description: 'a client remembers what it read until it commits',
    mutate: clients((port) => {
      const known = new Map<string, ReadReply>()
      return {
        commit: (list, options) => {
          known.clear()
          return port.commit(list, options)
        },
        read: async (request, options) => {
          if (request.scan !== undefined) return await port.read(request, options)
          const text = (request.get ?? []).map(keyText).join()
          const reply = known.get(text) ?? (await port.read(request, options))
          known.set(text, reply)
          return reply
        },
      }
    }),
  },
  {
    id: 'scan-shows-first-value',
    breaks: 'read-own-commit',
    description: 'a scan shows the value that an item had when it was first listed',
    mutate: sharedState(
      () => new Map<string, MetadataEntry['value']>(),
      (port, values) => ({
        read: async (request, options) => {
          const reply = await port.read(request, options)
          const first = (entry: MetadataEntry): MetadataEntry => {
            const value = values.get(keyText(entry.key)) ?? entry.value
            values.set(keyText(entry.key), value)
            return { ...entry, value }
          }
          return { ...reply, scan: reply.scan.map((page) => ({ ...page, entries: page.entries.map(first) })) }
        },
      }),
    ),
  },
  {
    id: 'commit-in-halves',
    breaks: 'commit-whole',
    description: 'a commit of many writes is applied in two halves',
    mutate: clients((port) => ({
      commit: async (list, options) => {
        const [commit] = list
        const half = (commit?.writes.length ?? 0) / 2
        if (commit === undefined || list.length > 1 || half < 500 || half > 5000) return await port.commit(list, options)
        await port.commit([commitOf(commit.writes.slice(0, half), commit.expect)], options)
        await turn()
        return await port.commit([commitOf(commit.writes.slice(half))], options)
      },
    })),
  },
]

/** Reads twice where a request has several parts, and joins the replies. */
function inTwo(join: (first: ReadReply, second: ReadReply) => ReadReply): Mutate {
  return clients((port) => ({
    read: async (request, options) => {
      const first = await port.read(request, options)
      if (first.get.length + first.scan.length < 2) return first
      await turn()
      return join(first, await port.read(request, options))
    },
  }))
}
