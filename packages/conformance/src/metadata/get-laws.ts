import { durabilityClasses } from 'nexusfs/adapter-kit'
import { expectBytes, expectEqual, expectThat } from '../expect.ts'
import { entryOf, key, type MetadataLaw, mustCommit, padded, put, remove, shownKey, upTo } from './fixtures.ts'
import { sentences } from './sentences.ts'

export const getLaws: readonly MetadataLaw[] = [
  {
    id: 'get-in-order',
    member: 'read',
    title: 'get answers each key in the order asked, with its key, value and revision',
    sentence: sentences.get,
    async check({ port }) {
      const [a, b, c] = [key('a'), key('b'), key('c')]
      const revision = await mustCommit(port, [put(a, '1'), put(b, '2'), put(c, '3')])
      const { get } = await port.read({ get: [c, a, b] })
      const expected = [put(c, '3'), put(a, '1'), put(b, '2')].map((write) => ({
        key: write.key,
        value: write.kind === 'put' && write.value,
        revision,
      }))
      expectEqual(get, expected, 'get of c, a, b gives c, a, b')
    },
  },
  {
    id: 'get-absent',
    member: 'read',
    title: 'get of an absent key gives undefined in its place',
    sentence: sentences.get,
    async check({ port }) {
      await mustCommit(port, [put(key('b'), '2')])
      const { get } = await port.read({ get: [key('a'), key('b'), key('c')] })
      expectEqual(get.length, 3, 'three keys have three answers')
      expectEqual([get[0], get[2]], [undefined, undefined], 'absent keys are undefined')
      expectEqual(get[1]?.key, key('b'), 'the present key is in its place')
    },
  },
  {
    id: 'get-twice',
    member: 'read',
    title: 'a key asked for twice in one read is answered twice',
    sentence: sentences.get,
    async check({ port }) {
      await mustCommit(port, [put(key('a'), '1')])
      const { get } = await port.read({ get: [key('a'), key('a')] })
      expectEqual(get.length, 2, 'two answers')
      for (const entry of get) expectEqual(entry?.key, key('a'), 'each answer is the entry')
    },
  },
  {
    id: 'get-many',
    member: 'read',
    title: 'one read answers 3,000 keys',
    sentence: sentences.get,
    async check({ port }) {
      const keys = upTo(3000).map((index) => key(padded(index)))
      await mustCommit(
        port,
        keys.filter(isEven).map((target) => put(target)),
      )
      const { get } = await port.read({ get: keys })
      for (const [index, target] of keys.entries()) {
        expectEqual(
          get[index]?.key,
          isEven(target, index) ? target : undefined,
          'each answer stands in its place',
          shownKey(target),
        )
      }
    },
  },
  {
    id: 'get-revisions',
    member: 'read',
    title: 'each entry of one reply carries the revision of the commit that wrote it',
    sentence: sentences.entry,
    async check({ port }) {
      const first = await mustCommit(port, [put(key('a'))])
      const second = await mustCommit(port, [put(key('b'))])
      const { get } = await port.read({ get: [key('a'), key('b')] })
      expectEqual([get[0]?.revision, get[1]?.revision], [first, second], 'the revisions of both commits')
    },
  },
  {
    id: 'get-empty-item',
    member: 'read',
    title: 'an item may be empty, and is a key of its own',
    sentence: sentences.key,
    async check({ port }) {
      await mustCommit(port, [put(key(''), 'empty')])
      const { get } = await port.read({ get: [key(''), key('\0')] })
      expectEqual(get[0]?.key, key(''), 'the empty item is found')
      expectEqual(get[1], undefined, 'a NUL item is another key')
    },
  },
  {
    id: 'get-group-border',
    member: 'read',
    title: 'keys that spell the same bytes with another border between group and item are different keys',
    sentence: sentences.key,
    async check({ port }) {
      await mustCommit(port, [put(key('bc', 'gab'), '1')])
      const { get } = await port.read({ get: [key('abc', 'g'), key('c', 'gabb'), key('', 'gabbc'), key('bc', 'gab')] })
      expectEqual(get.slice(0, 3), [undefined, undefined, undefined], 'no other border finds the entry')
      expectEqual(get[3]?.key, key('bc', 'gab'), 'its own border does')
    },
  },
  {
    id: 'get-every-byte',
    member: 'read',
    title: 'group, item and value come back with every byte from 0x00 to 0xff',
    sentence: sentences.key,
    async check({ port }) {
      const bytes = Uint8Array.from(upTo(256))
      const target = key(bytes.subarray(0, 128).toReversed(), bytes.subarray(128).toReversed())
      await mustCommit(port, [put(target, bytes)])
      const entry = await entryOf(port, target)
      expectEqual(entry?.key, target, 'the key comes back as written')
      expectBytes(entry?.value ?? new Uint8Array(), bytes, 'the value comes back as written')
    },
  },
  {
    id: 'read-nothing',
    member: 'read',
    title: 'a read that asks for nothing is answered with nothing and the time',
    sentence: sentences.get,
    async check({ port }) {
      for (const request of [{}, { get: [], scan: [] }]) {
        const { get, scan, time } = await port.read(request)
        expectEqual([get, scan, typeof time], [[], [], 'number'], 'an empty reply')
      }
    },
  },
  {
    id: 'read-time',
    member: 'read',
    title: "a reply carries the store's clock in whole milliseconds",
    sentence: sentences.time,
    async check({ port }) {
      const { time } = await port.read({})
      const isMilliseconds = Number.isInteger(time) && time > Date.UTC(2001) && time < Date.UTC(2300)
      expectThat(isMilliseconds, 'the time is a whole number of milliseconds since 1970', { actual: time })
    },
  },
  {
    id: 'reply-unchanged',
    member: 'read',
    title: 'a reply that was handed out does not change when the entry does',
    sentence: sentences.arrays,
    async check({ port }) {
      await mustCommit(port, [put(key('a'), 'before'), put(key('b'), 'before')])
      const entry = await entryOf(port, key('a'))
      await mustCommit(port, [put(key('a'), 'after!'), remove(key('b'))])
      expectEqual(entry?.value, put(key('a'), 'before').value, 'the entry handed out is as it was')
    },
  },
  {
    id: 'info-well-formed',
    member: 'info',
    title: 'info has a plain name, a known durability class and an inline size within the limit',
    sentence: sentences.info,
    async check({ port: { info } }) {
      expectThat(/^[a-z0-9]+$/.test(info.name), 'the name has lower-case letters and digits', { actual: info.name })
      expectEqual(info.portVersion, 1, 'the version of the port')
      expectThat(durabilityClasses.includes(info.durability), 'a durability class', { actual: info.durability })
      const inline = info.preferredInlineBytes
      expectThat(Number.isInteger(inline) && inline >= 0 && inline <= 131_072, 'inline bytes from 0 to 128 KiB', {
        actual: inline,
      })
      expectThat(info.location.length > 0, 'the location is not empty', { actual: info.location })
      for (const [name, value] of Object.entries(info.settings))
        expectEqual(typeof value, 'string', `the setting ${name} is text`)
    },
  },
]

function isEven(_target: unknown, index: number): boolean {
  return index % 2 === 0
}
