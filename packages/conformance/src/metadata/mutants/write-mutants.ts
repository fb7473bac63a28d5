import type { Key, MetadataEntry, Write } from 'nexusfs'
import { equalBytes, keyText, limits } from 'nexusfs/adapter-kit'
import { NexusError } from 'nexusfs/errors'
import { entryOf } from '../fixtures.ts'
import { changedEntries, clients, commits, entries, isPresent, type MetadataMutant, sharedState, writes } from './wrong-store.ts'

export const writeMutants: readonly MetadataMutant[] = [
  {
    id: 'same-value-same-revision',
    breaks: 'put-overwrites',
    description: 'an entry that is put again with the same value shows its old revision',
    mutate: sharedState(
      () => new Map<string, MetadataEntry>(),
      (port, seen) => ({
        read: async (request, options) =>
          changedEntries(await port.read(request, options), (entry) => {
            const before = seen.get(keyText(entry.key))
            if (before !== undefined && equalBytes(before.value, entry.value)) return before
            seen.set(keyText(entry.key), entry)
            return entry
          }),
      }),
    ),
  },
  {
    id: 'reverse-shows-deleted',
    breaks: 'delete-removes',
    description: 'a reverse scan of a group still lists what was deleted last',
    mutate: sharedState(
      () => ({ deleted: [] as (MetadataEntry | undefined)[] }),
      (port, ghosts) => ({
        commit: async (list, options) => {
          const keys = list.flatMap(({ writes: given }) => given).filter(({ kind }) => kind === 'delete')
          if (keys.length > 0 && keys.length < 100) ghosts.deleted = await Promise.all(keys.map(({ key }) => entryOf(port, key)))
          return await port.commit(list, options)
        },
        read: async (request, options) => {
          const reply = await port.read(request, options)
          const scan = reply.scan.map((page, index) => {
            const asked = request.scan?.[index]
            if (!asked?.reverse || asked.from || asked.to) return page
            const shown = ghosts.deleted.filter((entry) => entry !== undefined && equalBytes(entry.key.group, asked.group))
            return { ...page, entries: [...page.entries, ...shown.filter((entry) => entry !== undefined)] }
          })
          return { ...reply, scan }
        },
      }),
    ),
  },
  {
    id: 'delete-absent-conflicts',
    breaks: 'delete-absent',
    description: 'a commit that only deletes one absent key conflicts',
    mutate: clients((port) => ({
      commit: async (list, options) => {
        const only = list.length === 1 && list[0]?.writes.length === 1 ? list[0].writes[0] : undefined
        const isLost = only?.kind === 'delete' && !(await isPresent(port, only.key))
        return isLost ? [{ status: 'conflict', expectation: 0, found: undefined }] : await port.commit(list, options)
      },
    })),
  },
  {
    id: 'put-revives-deleted',
    breaks: 'delete-then-put',
    description: 'a put of a deleted key brings its old value back',
    mutate: (subject) => {
      const deleted = new Map<string, Uint8Array>()
      return commits(async (commit, port) => {
        const changed: Write[] = []
        for (const write of commit.writes.slice(0, 100)) changed.push(await revived(write, deleted, (key) => entryOf(port, key)))
        return { ...commit, writes: [...changed, ...commit.writes.slice(100)] }
      })(subject)
    },
  },
  {
    id: 'delete-in-first-group',
    breaks: 'commit-mixed',
    description: 'a commit deletes only in the group of its first write',
    mutate: writes((given) =>
      given.filter((write) => write.kind === 'put' || equalBytes(write.key.group, given[0]?.key.group ?? write.key.group)),
    ),
  },
  {
    id: 'empty-value-is-nul',
    breaks: 'value-empty',
    description: 'an empty value comes back as one NUL byte',
    mutate: entries((entry) => (entry.value.length === 0 ? { ...entry, value: new Uint8Array(1) } : entry)),
  },
  {
    id: 'value-cut',
    breaks: 'value-large',
    description: 'a value of 256 KiB loses its last byte',
    mutate: entries((entry) => ({ ...entry, value: entry.value.subarray(0, limits.valueBytes - 1) })),
  },
  {
    id: 'key-cut',
    breaks: 'key-long',
    description: 'a key of 512 bytes loses its last byte',
    mutate: clients((port) => ({
      read: (request, options) => port.read({ ...request, get: request.get?.map(cut) }, options),
      commit: (list, options) =>
        port.commit(
          list.map((commit) => ({ ...commit, writes: commit.writes.map((write) => ({ ...write, key: cut(write.key) })) })),
          options,
        ),
    })),
  },
  {
    id: 'commit-9000',
    breaks: 'commit-10000',
    description: 'of a commit of 10,000 writes, the first 9,000 are applied',
    mutate: writes((given) => (given.length === limits.commitWrites ? given.slice(0, 9000) : given)),
  },
  {
    id: 'commit-8-mib',
    breaks: 'commit-16-mib',
    description: 'a commit has at most 8 MiB',
    mutate: commits((commit) => {
      const size = commit.writes.reduce((sum, write) => sum + (write.kind === 'put' ? write.value.length : 0), 0)
      if (size <= limits.commitBytes / 2) return commit
      throw new NexusError('InvalidArgument', 'more than 8 MiB', { context: { outcome: 'none' } })
    }),
  },
  {
    id: 'value-written-over',
    breaks: 'arrays-untouched',
    description: 'the store writes into the value of a key with a slot',
    mutate: clients((port) => ({
      commit: async (list, options) => {
        const done = await port.commit(list, options)
        for (const write of list.flatMap((commit) => commit.writes)) {
          if (write.kind === 'put' && write.key.revisionAt !== undefined) write.value.fill(0, 0, 1)
        }
        return done
      },
    })),
  },
]

function cut(key: Key): Key {
  const size = key.group.length + key.item.length
  return size === limits.keyBytes ? { ...key, item: key.item.subarray(0, -1) } : key
}

async function revived(
  write: Write,
  deleted: Map<string, Uint8Array>,
  find: (key: Key) => Promise<MetadataEntry | undefined>,
): Promise<Write> {
  const text = keyText(write.key)
  if (write.kind === 'put') return { ...write, value: deleted.get(text) ?? write.value }
  const before = await find(write.key)
  if (before !== undefined) deleted.set(text, before.value)
  return write
}
