import { limits } from 'nexusfs/adapter-kit'
import { expectBytes, expectEqual, expectThat } from '../expect.ts'
import {
  commitOne,
  entryOf,
  itemsOf,
  key,
  type MetadataLaw,
  mustCommit,
  padded,
  put,
  remove,
  scan,
  shownBytes,
  textOf,
  upTo,
} from './fixtures.ts'
import { sentences } from './sentences.ts'

export const writeLaws: readonly MetadataLaw[] = [
  {
    id: 'put-overwrites',
    member: 'commit',
    title: 'a put of a known key replaces the value, and the revision also if the value is the same',
    sentence: sentences.entry,
    async check({ port }) {
      await mustCommit(port, [put(key('a'), 'one')])
      await mustCommit(port, [put(key('a'), 'two')])
      expectEqual(await textOf(port, key('a')), 'two', 'the new value')
      const revision = await mustCommit(port, [put(key('a'), 'two')])
      expectEqual((await entryOf(port, key('a')))?.revision, revision, 'the revision of the last put')
    },
  },
  {
    id: 'delete-removes',
    member: 'commit',
    title: 'a deleted key is neither found nor listed',
    sentence: sentences.writes,
    async check({ port }) {
      await mustCommit(port, [put(key('a')), put(key('b')), put(key('c'))])
      await mustCommit(port, [remove(key('b'))])
      expectEqual(await entryOf(port, key('b')), undefined, 'not found')
      expectEqual(await itemsOf(port, scan('g')), ['a', 'c'], 'not listed')
      expectEqual(await itemsOf(port, scan('g', { reverse: true })), ['c', 'a'], 'not listed in reverse')
    },
  },
  {
    id: 'delete-absent',
    member: 'commit',
    title: 'a delete of an absent key succeeds, with a revision of its own',
    sentence: sentences.writes,
    async check({ port }) {
      const before = await mustCommit(port, [put(key('a'))])
      const result = await commitOne(port, [remove(key('nobody'))])
      expectEqual(result.status, 'committed', 'it succeeds')
      expectThat(result.status === 'committed' && result.revision > before, 'a new revision', { actual: result })
    },
  },
  {
    id: 'delete-then-put',
    member: 'commit',
    title: 'a key that is put again after its deletion is a new entry',
    sentence: sentences.writes,
    async check({ port }) {
      await mustCommit(port, [put(key('a'), 'old')])
      await mustCommit(port, [remove(key('a'))])
      const revision = await mustCommit(port, [put(key('a'), 'new')])
      const entry = await entryOf(port, key('a'))
      expectEqual(entry, { key: key('a'), value: put(key('a'), 'new').value, revision }, 'the new entry')
      expectEqual(await itemsOf(port, scan('g')), ['a'], 'listed once')
    },
  },
  {
    id: 'commit-mixed',
    member: 'commit',
    title: 'puts and deletes of one commit are all applied',
    sentence: sentences.writes,
    async check({ port }) {
      await mustCommit(port, [put(key('a')), put(key('b')), put(key('b', 'g2'))])
      await mustCommit(port, [remove(key('a')), put(key('c')), remove(key('b', 'g2')), put(key('a', 'g2')), put(key('b'), 'new')])
      expectEqual(await itemsOf(port, scan('g')), ['b', 'c'], 'the first group')
      expectEqual(await itemsOf(port, scan('g2')), ['a'], 'the second group')
      expectEqual(await textOf(port, key('b')), 'new', 'the overwritten value')
    },
  },
  {
    id: 'value-empty',
    member: 'commit',
    title: 'an empty value is a value',
    sentence: sentences.value,
    async check({ port }) {
      await mustCommit(port, [put(key('a'), '')])
      const entry = await entryOf(port, key('a'))
      expectEqual(entry?.value, new Uint8Array(), 'found, with no bytes')
      expectEqual(await itemsOf(port, scan('g')), ['a'], 'listed')
    },
  },
  {
    id: 'value-large',
    member: 'commit',
    title: 'a value of 256 KiB comes back as it was written, in get and in scan',
    sentence: sentences.value,
    async check({ port, random }) {
      const value = random.bytes(limits.valueBytes)
      await mustCommit(port, [put(key('a'), value)])
      const { get, scan: pages } = await port.read({ get: [key('a')], scan: [scan('g')] })
      for (const entry of [get[0], pages[0]?.entries[0]]) {
        expectBytes(entry?.value ?? new Uint8Array(), value, 'the value comes back')
      }
    },
  },
  {
    id: 'key-long',
    member: 'commit',
    title: 'keys of 512 bytes are told apart by their last byte',
    sentence: sentences.key,
    async check({ port }) {
      for (const group of ['g', 'g'.repeat(256), 'g'.repeat(511)]) {
        const stem = 'i'.repeat(limits.keyBytes - group.length - 1)
        await mustCommit(port, [put(key(`${stem}b`, group), 'b'), put(key(`${stem}a`, group), 'a')])
        expectEqual(await textOf(port, key(`${stem}a`, group)), 'a', 'the first')
        expectEqual(await textOf(port, key(`${stem}b`, group)), 'b', 'the second')
        expectEqual(await itemsOf(port, scan(group)), [`${stem}a`, `${stem}b`], 'both are listed in order')
      }
    },
  },
  {
    id: 'commit-10000',
    member: 'commit',
    title: 'a commit of 10,000 writes applies them all',
    sentence: sentences.writes,
    async check({ port }) {
      const items = upTo(limits.commitWrites).map(padded)
      await mustCommit(
        port,
        items.map((item) => put(key(item))),
      )
      const found: string[] = []
      for (const start of upTo(4)) {
        const bounds = { from: padded(start * 2500), to: padded((start + 1) * 2500), limit: 2500 }
        found.push(...(await itemsOf(port, scan('g', bounds))))
      }
      expectEqual(found.length, items.length, 'the number of entries')
      expectEqual(found, items.map(shownBytes), 'every entry in order')
    },
  },
  {
    id: 'commit-16-mib',
    member: 'commit',
    title: 'a commit of exactly 16 MiB is taken',
    sentence: sentences.limits,
    async check({ port }) {
      const value = new Uint8Array(limits.valueBytes).fill(1)
      const keys = upTo(64).map((index) => key(padded(index)))
      const keyBytes = 7 * keys.length
      const writes = keys.map((target, index) => put(target, index === 0 ? value.subarray(keyBytes) : value))
      await mustCommit(port, writes)
      const { get } = await port.read({ get: [key(padded(63))] })
      expectEqual(get[0]?.value.length, value.length, 'the last value')
    },
  },
  {
    id: 'arrays-untouched',
    member: 'commit',
    title: 'a store changes neither the keys nor the values it is given',
    sentence: sentences.arrays,
    async check({ port }) {
      const target = { group: key('').group, item: key('before-after').item, revisionAt: 7 }
      const { value } = put(target, 'value')
      await mustCommit(port, [{ kind: 'put', key: target, value }])
      await mustCommit(port, [{ kind: 'put', key: key('other'), value }])
      expectEqual(target, { ...key('before-after'), revisionAt: 7 }, 'the key is as it was given')
      expectEqual(value, put(target, 'value').value, 'the value is as it was given')
    },
  },
]
