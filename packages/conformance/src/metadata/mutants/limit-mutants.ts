import type { Commit, CommitResult, Key, Write } from 'nexusfs'
import { keyText, limits } from 'nexusfs/adapter-kit'
import { NexusError } from 'nexusfs/errors'
import { settle } from '../../expect.ts'
import { clients, lenient, lenientRead, type MetadataMutant } from './wrong-store.ts'

export const limitMutants: readonly MetadataMutant[] = [
  {
    id: 'long-key-written',
    breaks: 'limit-key-written',
    description: 'writes of keys of 513 bytes are taken',
    mutate: lenient(({ writes }) => writes.some(({ key }) => isLong(key))),
  },
  {
    id: 'long-key-expected',
    breaks: 'limit-key-expected',
    description: 'expectations about keys of 513 bytes are taken',
    mutate: lenient(({ expect }) => expect.some((expectation) => expectation.kind !== 'range' && isLong(expectation.key))),
  },
  {
    id: 'long-key-read',
    breaks: 'limit-key-read',
    description: 'reads of keys of 513 bytes are taken',
    mutate: lenientRead(({ get }) => (get ?? []).some((key) => isLong(key))),
  },
  {
    id: 'empty-group-taken',
    breaks: 'limit-group-empty',
    description: 'writes in the empty group are taken',
    mutate: lenient(({ writes }) => writes.some(({ key }) => key.group.length === 0)),
  },
  {
    id: 'large-value-taken',
    breaks: 'limit-value',
    description: 'values above 256 KiB are taken',
    mutate: lenient(({ writes }) => writes.some((write) => write.kind === 'put' && write.value.length > limits.valueBytes)),
  },
  {
    id: 'many-writes-taken',
    breaks: 'limit-commit-writes',
    description: 'commits of 10,001 writes are taken',
    mutate: lenient(({ writes }) => writes.length > limits.commitWrites),
  },
  {
    id: 'many-bytes-taken',
    breaks: 'limit-commit-bytes',
    description: 'keys do not count towards the 16 MiB of a commit',
    mutate: lenient((commit) => commit.writes.length === 64 && bytesIn(commit) > limits.commitBytes),
  },
  {
    id: 'no-writes-taken',
    breaks: 'limit-no-writes',
    description: 'commits without writes are taken',
    mutate: lenient(({ writes }) => writes.length === 0),
  },
  {
    id: 'key-twice-taken',
    breaks: 'limit-key-twice',
    description: 'commits that write one key twice are taken',
    mutate: lenient(({ writes }) => writes.length < 10 && new Set(writes.map(({ key }) => keyText(key))).size < writes.length),
  },
  {
    id: 'slot-anywhere',
    breaks: 'limit-slot-position',
    description: 'slots behind the end of their item are taken',
    mutate: lenient(({ writes }) => writes.some((write) => slotOf(write) > write.key.item.length)),
  },
  {
    id: 'slot-not-counted',
    breaks: 'limit-slot-size',
    description: 'the 8 bytes of a slot are not counted',
    mutate: lenient(({ writes }) => writes.some((write) => slotOf(write) >= 0 && !isLong(write.key) && isLong(write.key, 8))),
  },
  {
    id: 'many-keys-read',
    breaks: 'limit-get',
    description: 'reads of 10,001 keys are taken',
    mutate: lenientRead(({ get }) => (get ?? []).length > limits.scanEntries),
  },
  {
    id: 'limit-0-taken',
    breaks: 'limit-scan',
    description: 'scans with the limit 0 are taken',
    mutate: lenientRead(({ scan }) => (scan ?? []).some(({ limit }) => limit === 0)),
  },
  {
    id: 'count-taken',
    breaks: 'limit-range-count',
    description: 'a range of a negative count is taken',
    mutate: lenient(({ expect }) => expect.some((expectation) => expectation.kind === 'range' && expectation.count < 0)),
  },
  {
    id: 'list-half-taken',
    breaks: 'limit-list',
    description: 'members are applied up to the one above a limit',
    mutate: clients((port) => ({
      commit: async (list, options) => {
        const done: CommitResult[] = []
        const whole = await settle(() => port.commit(list, options))
        if (whole.status === 'fulfilled') return whole.value
        for (const commit of list) done.push(...(await port.commit([commit], options)))
        return done
      },
    })),
  },
  {
    id: 'outcome-unknown',
    breaks: 'limit-outcome',
    description: 'a refused commit says that its outcome is unknown',
    mutate: clients((port) => ({
      commit: async (list, options) => {
        const outcome = await settle(() => port.commit(list, options))
        if (outcome.status === 'fulfilled') return outcome.value
        const { reason } = outcome
        if (!(reason instanceof NexusError) || reason.code !== 'InvalidArgument') throw reason
        throw new NexusError('InvalidArgument', reason.message, { context: { outcome: 'unknown' } })
      },
    })),
  },
]

function isLong(key: Key, more = 0): boolean {
  return key.group.length + key.item.length + more > limits.keyBytes
}

function slotOf(write: Write): number {
  return write.kind === 'put' ? (write.key.revisionAt ?? -1) : -1
}

function bytesIn({ writes }: Commit): number {
  return writes.reduce((sum, { key, ...write }) => {
    return sum + key.group.length + key.item.length + (write.kind === 'put' ? write.value.length : 0)
  }, 0)
}
