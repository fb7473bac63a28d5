import type { Commit, Write } from 'nexusfs'
import { concatBytes, toRevision, uint64 } from 'nexusfs/adapter-kit'
import { commits, committedAs, type MetadataMutant, type Mutate, notEmpty, reported, writes } from './wrong-store.ts'

export const slotMutants: readonly MetadataMutant[] = [
  {
    id: 'slot-start-to-end',
    breaks: 'slot-start',
    description: 'a slot at 0 of an item with bytes is filled at its end',
    mutate: moved((position, size) => (position === 0 ? size : position)),
  },
  {
    id: 'slot-middle-to-end',
    breaks: 'slot-middle',
    description: 'a slot within an item is filled at its end',
    mutate: moved((position, size) => (position > 0 ? size : position)),
  },
  {
    id: 'slot-end-one-before',
    breaks: 'slot-end',
    description: 'a slot at the end is filled one byte before it',
    mutate: moved((position, size) => (position === size ? size - 1 : position)),
  },
  {
    id: 'slot-one-byte',
    breaks: 'slot-order',
    description: 'a slot holds the lowest byte of the revision',
    mutate: filled((revision) => (revision >= 256 ? uint64(revision % 256) : undefined)),
  },
  {
    id: 'slot-32-bits',
    breaks: 'slot-large-revision',
    description: 'a slot holds the lower 32 bits of the revision',
    mutate: filled((revision) => (revision >= 2 ** 32 ? uint64(revision % 2 ** 32) : undefined)),
  },
  {
    id: 'slot-of-list',
    breaks: 'slot-list',
    description: 'all members of a list fill slots with the first revision',
    mutate: filled((revision, { member, members }) => (members > 1 ? uint64(revision - member) : undefined)),
  },
  {
    id: 'slot-counts-on',
    breaks: 'slot-several',
    description: 'each slot of a commit holds one more than the one before',
    mutate: filled((revision, { slot }) => (slot > 0 ? uint64(revision + slot) : undefined)),
  },
  {
    id: 'log-not-deleted',
    breaks: 'slot-key-usable',
    description: 'keys of the log are not deleted',
    mutate: writes((given) => given.filter((write) => write.kind === 'put' || write.key.group[0] !== 0x6c)),
  },
  {
    id: 'revision-15-digits',
    breaks: 'revision-exact',
    description: 'revisions are reported with 14 digits',
    mutate: reported((result) => committedAs(result, (revision) => toRevision(Number(revision.toPrecision(14))))),
  },
]

/** Puts the slot of an item with bytes elsewhere; the position given is not the end, or 0, or both. */
function moved(change: (position: number, size: number) => number): Mutate {
  return writes((given) =>
    given.map((write) => {
      if (write.kind === 'delete' || write.key.revisionAt === undefined || write.key.item.length === 0) return write
      const size = write.key.item.length
      if (!Number.isInteger(write.key.revisionAt) || write.key.revisionAt < 0 || write.key.revisionAt > size) return write
      return { ...write, key: { ...write.key, revisionAt: change(write.key.revisionAt, size) } }
    }),
  )
}

interface Slot {
  readonly member: number
  readonly members: number
  /** How many slots of the commit come before. */
  readonly slot: number
}

/** Fills slots itself, where `fill` gives bytes, with what the commit's revision will be in a store whose revisions have no gaps. */
function filled(fill: (revision: number, slot: Slot) => Uint8Array | undefined): Mutate {
  return commits(async (commit, port, member, list) => {
    if (!commit.writes.some(hasSlot)) return commit
    const revision = (await port.horizon()) + 1 + member
    let slot = 0
    const changed = commit.writes.map((write) => {
      if (!hasSlot(write)) return write
      return fillOne(write, fill(revision, { member, members: list.length, slot: slot++ }))
    })
    return { ...commit, writes: notEmpty(changed, commit.writes) }
  })
}

function hasSlot(write: Commit['writes'][number]): write is Extract<Write, { kind: 'put' }> {
  return write.kind === 'put' && write.key.revisionAt !== undefined
}

function fillOne(write: Extract<Write, { kind: 'put' }>, bytes: Uint8Array | undefined): Write {
  const { group, item, revisionAt } = write.key
  if (bytes === undefined || revisionAt === undefined) return write
  return { ...write, key: { group, item: concatBytes(item.subarray(0, revisionAt), bytes, item.subarray(revisionAt)) } }
}
