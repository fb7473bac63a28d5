import type { Commit, MetadataStore, ReadRequest } from 'nexusfs'
import { limits, toRevision } from 'nexusfs/adapter-kit'
import { expectEqual, expectRejection } from '../expect.ts'
import {
  absent,
  at,
  commitOf,
  key,
  type MetadataLaw,
  padded,
  pageOf,
  present,
  put,
  range,
  remove,
  scan,
  slotKey,
  upTo,
} from './fixtures.ts'
import { sentences } from './sentences.ts'

const longItem = 'i'.repeat(limits.keyBytes)
const longKey = key(longItem)

export const limitLaws: readonly MetadataLaw[] = [
  {
    id: 'limit-key-written',
    member: 'commit',
    title: 'a write of a key of 513 bytes is refused',
    sentence: sentences.limits,
    check: ({ port }) => expectRefused(port, commitOf([put(longKey)]), commitOf([remove(longKey)])),
  },
  {
    id: 'limit-key-expected',
    member: 'commit',
    title: 'an expectation about a key of 513 bytes is refused',
    sentence: sentences.limits,
    async check({ port }) {
      const expectations = [absent(longKey), present(longKey), at(longKey, toRevision(1))]
      await expectRefused(port, ...expectations.map((expectation) => commitOf([put(key('out'))], [expectation])))
    },
  },
  {
    id: 'limit-key-read',
    member: 'read',
    title: 'a get of a key, or a scan with a bound, of 513 bytes is refused',
    sentence: sentences.limits,
    async check({ port }) {
      const scans = [scan('g', { from: longItem }), scan('g', { to: longItem })]
      await expectReadRefused(port, { get: [longKey] }, { scan: scans.slice(0, 1) }, { scan: scans.slice(1) })
    },
  },
  {
    id: 'limit-group-empty',
    member: 'commit',
    title: 'an empty group is refused in writes, expectations, gets and scans',
    sentence: sentences.limits,
    async check({ port }) {
      const nowhere = key('a', '')
      await expectRefused(port, commitOf([put(nowhere)]), commitOf([put(key('a'))], [absent(nowhere)]))
      await expectReadRefused(port, { get: [nowhere] }, { scan: [scan('')] })
    },
  },
  {
    id: 'limit-value',
    member: 'commit',
    title: 'a value of 256 KiB and one byte is refused',
    sentence: sentences.limits,
    check: ({ port }) => expectRefused(port, commitOf([put(key('a'), new Uint8Array(limits.valueBytes + 1))])),
  },
  {
    id: 'limit-commit-writes',
    member: 'commit',
    title: 'a commit of 10,001 writes is refused',
    sentence: sentences.limits,
    check: ({ port }) => expectRefused(port, commitOf(upTo(limits.commitWrites + 1).map((index) => put(key(padded(index)))))),
  },
  {
    id: 'limit-commit-bytes',
    member: 'commit',
    title: 'a commit of 16 MiB and one byte is refused',
    sentence: sentences.limits,
    async check({ port }) {
      const value = new Uint8Array(limits.valueBytes)
      const keyBytes = 7 * 64
      const writes = upTo(64).map((index) => put(key(padded(index)), index === 0 ? value.subarray(keyBytes - 1) : value))
      await expectRefused(port, commitOf(writes))
    },
  },
  {
    id: 'limit-no-writes',
    member: 'commit',
    title: 'a commit without writes is refused, with and without expectations',
    sentence: sentences.writes,
    check: ({ port }) => expectRefused(port, commitOf([]), commitOf([], [absent(key('a'))])),
  },
  {
    id: 'limit-key-twice',
    member: 'commit',
    title: 'a commit that writes one key twice is refused',
    sentence: sentences.writes,
    async check({ port }) {
      const again = key('a')
      await expectRefused(
        port,
        commitOf([put(key('a'), '1'), put(key('b')), put(again, '2')]),
        commitOf([put(key('a')), remove(again)]),
        commitOf([put(slotKey('s', 1)), put(slotKey('s', 1), 'again')]),
      )
    },
  },
  {
    id: 'limit-slot-position',
    member: 'commit',
    title: 'a REV slot outside its item is refused',
    sentence: sentences.slot,
    check: ({ port }) => expectRefused(port, ...[-1, 4, 1.5].map((position) => commitOf([put(slotKey('abc', position))]))),
  },
  {
    id: 'limit-slot-size',
    member: 'commit',
    title: 'the 8 bytes of a REV slot count towards the 512 of its key',
    sentence: sentences.slot,
    async check({ port }) {
      const item = 'i'.repeat(limits.keyBytes - 'l'.length - 8)
      await port.commit([commitOf([put(slotKey(item, 3, 'l'))])])
      const { entries } = await pageOf(port, scan('l'))
      expectEqual(entries.length, 1, 'a key of 512 bytes with its slot is taken')
      await expectRefused(port, commitOf([put(slotKey(`${item}i`, 3, 'g'))]))
    },
  },
  {
    id: 'limit-get',
    member: 'read',
    title: 'a read of 10,001 keys is refused',
    sentence: sentences.limits,
    check: ({ port }) => expectReadRefused(port, { get: upTo(limits.scanEntries + 1).map((index) => key(padded(index))) }),
  },
  {
    id: 'limit-scan',
    member: 'read',
    title: 'a scan with a limit other than 1 to 10,000 is refused',
    sentence: sentences.scanLimit,
    async check({ port }) {
      const wrong = [0, -1, 1.5, Number.NaN, limits.scanEntries + 1]
      await expectReadRefused(port, ...wrong.map((limit) => ({ scan: [{ ...scan('g'), limit }] })))
    },
  },
  {
    id: 'limit-range-count',
    member: 'commit',
    title: 'an expected range with a count other than 0 to 10,000 is refused',
    sentence: sentences.expectRange,
    async check({ port }) {
      const counts = [-1, 0.5, limits.scanEntries + 1]
      await expectRefused(port, ...counts.map((count) => commitOf([put(key('a'))], [range('d1', count, toRevision(1))])))
    },
  },
  {
    id: 'limit-list',
    member: 'commit',
    title: 'one member above a limit refuses the whole list before any other member is applied',
    sentence: sentences.limits,
    async check({ port }) {
      const good = commitOf([put(key('a'))])
      const bad = commitOf([put(key('b'), new Uint8Array(limits.valueBytes + 1))])
      for (const members of [
        [good, bad],
        [bad, good],
        [good, good, bad],
      ]) {
        await expectRejection(() => port.commit(members), 'InvalidArgument', 'a list with a member above a limit')
      }
      await expectNothing(port)
    },
  },
  {
    id: 'limit-outcome',
    member: 'commit',
    title: 'a commit that is refused for its limits says that nothing was applied',
    sentence: sentences.limits,
    async check({ port }) {
      for (const commit of [commitOf([]), commitOf([put(key('a'), new Uint8Array(limits.valueBytes + 1))])]) {
        const error = await expectRejection(() => port.commit([commit]), 'InvalidArgument', 'a commit above a limit')
        expectEqual(error.context.outcome, 'none', 'the outcome it reports')
      }
    },
  },
]

async function expectRefused(port: MetadataStore, ...commits: readonly Commit[]): Promise<void> {
  for (const [index, commit] of commits.entries()) {
    await expectRejection(() => port.commit([commit]), 'InvalidArgument', `commit ${index} is refused`)
  }
  await expectNothing(port)
}

async function expectReadRefused(port: MetadataStore, ...requests: readonly ReadRequest[]): Promise<void> {
  for (const [index, request] of requests.entries()) {
    await expectRejection(() => port.read(request), 'InvalidArgument', `read ${index} is refused`)
  }
}

async function expectNothing(port: MetadataStore): Promise<void> {
  const { entries } = await pageOf(port, scan('g', { limit: 1 }))
  expectEqual(entries, [], 'nothing was applied')
}
