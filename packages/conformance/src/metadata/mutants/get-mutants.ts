import type { Key } from 'nexusfs'
import { binaryText, compareBytes, keyText, utf8 } from 'nexusfs/adapter-kit'
import { NexusError } from 'nexusfs/errors'
import { entryOf } from '../fixtures.ts'
import { changedEntries, clients, entries, gets, type MetadataMutant, replies, requests, sharedState } from './wrong-store.ts'

export const getMutants: readonly MetadataMutant[] = [
  {
    id: 'get-sorted',
    breaks: 'get-in-order',
    description: 'get answers in the order of the keys',
    mutate: requests((request) => ({ ...request, get: request.get?.toSorted((a, b) => compareBytes(a.item, b.item)) })),
  },
  {
    id: 'get-absent-left-out',
    breaks: 'get-absent',
    description: 'get leaves out an absent key that comes first',
    mutate: gets((found) => (found.length > 1 && found[0] === undefined ? found.slice(1) : found)),
  },
  {
    id: 'get-once',
    breaks: 'get-twice',
    description: 'get answers a key once',
    mutate: gets((found) => {
      const seen = new Set<string>()
      return found.map((entry) => {
        if (entry === undefined || seen.has(keyText(entry.key))) return undefined
        seen.add(keyText(entry.key))
        return entry
      })
    }),
  },
  {
    id: 'get-first-1000',
    breaks: 'get-many',
    description: 'get answers the first 1,000 keys',
    mutate: gets((found) => found.map((entry, index) => (index < 1000 ? entry : undefined))),
  },
  {
    id: 'get-one-revision',
    breaks: 'get-revisions',
    description: 'the second entry of a reply carries the revision of the first',
    mutate: gets((found) =>
      found.map((entry, index) => (entry && index === 1 ? { ...entry, revision: found[0]?.revision ?? entry.revision } : entry)),
    ),
  },
  {
    id: 'get-empty-item-missing',
    breaks: 'get-empty-item',
    description: 'get does not find empty items',
    mutate: gets((found) => found.map((entry) => (entry?.key.item.length === 0 ? undefined : entry))),
  },
  {
    id: 'key-joined',
    breaks: 'get-group-border',
    description: 'get joins group and item without a border',
    mutate: sharedState(
      () => new Map<string, Key>(),
      (port, written) => ({
        commit: (list, options) => {
          for (const write of list.flatMap((commit) => commit.writes)) written.set(joined(write.key), write.key)
          return port.commit(list, options)
        },
        read: async (request, options) => {
          const reply = await port.read(request, options)
          const get = (request.get ?? []).map(async (key, index) => {
            const other = written.get(joined(key))
            return reply.get[index] ?? (other && (await entryOf(port, other)))
          })
          return { ...reply, get: await Promise.all(get) }
        },
      }),
    ),
  },
  {
    id: 'value-as-text',
    breaks: 'get-every-byte',
    description: 'values are kept as UTF-8 text',
    mutate: entries((entry) => ({ ...entry, value: utf8(new TextDecoder().decode(entry.value).toWellFormed()) })),
  },
  {
    id: 'read-nothing-refused',
    breaks: 'read-nothing',
    description: 'a read that asks for nothing is refused',
    mutate: replies((reply) => {
      if (reply.get.length + reply.scan.length > 0) return reply
      throw new NexusError('InvalidArgument', 'a read of nothing')
    }),
  },
  {
    id: 'time-in-seconds',
    breaks: 'read-time',
    description: 'the time is in seconds',
    mutate: replies((reply) => ({ ...reply, time: Math.floor(reply.time / 1000) })),
  },
  {
    id: 'buffers-used-again',
    breaks: 'reply-unchanged',
    description: 'the arrays of a reply are used again by later calls',
    mutate: clients((port) => {
      const given: Uint8Array[] = []
      return {
        read: async (request, options) =>
          changedEntries(await port.read(request, options), (entry) => {
            const value = new Uint8Array(entry.value)
            given.push(value)
            return { ...entry, value }
          }),
        commit: (list, options) => {
          for (const value of given.splice(0)) value.fill(0)
          return port.commit(list, options)
        },
      }
    }),
  },
  {
    id: 'inline-too-large',
    breaks: 'info-well-formed',
    description: 'the store prefers to keep files of 1 MiB',
    mutate: clients((port) => ({ info: { ...port.info, preferredInlineBytes: 1_048_576 } })),
  },
]

function joined(key: Key): string {
  return binaryText(key.group) + binaryText(key.item)
}
