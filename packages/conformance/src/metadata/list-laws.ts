import { toRevision } from 'nexusfs/adapter-kit'
import { expectEqual, expectThat } from '../expect.ts'
import {
  absent,
  at,
  commitOf,
  commitOne,
  entryOf,
  key,
  type MetadataLaw,
  mustCommit,
  present,
  put,
  range,
  remove,
  revisionOf,
  textOf,
  upTo,
} from './fixtures.ts'
import { sentences } from './sentences.ts'

export const listLaws: readonly MetadataLaw[] = [
  {
    id: 'commit-atomic',
    member: 'commit',
    title: 'a commit whose last expectation fails changes nothing at all',
    sentence: sentences.atomic,
    async check({ port }) {
      const before = await mustCommit(port, [put(key('kept'), 'before'), put(key('stays'), 'before')])
      const writes = [put(key('kept'), 'after'), put(key('new'), 'after'), remove(key('stays'))]
      const result = await commitOne(port, writes, [at(key('kept'), before), present(key('stays')), present(key('nobody'))])
      expectEqual(result.status, 'conflict', 'the last expectation fails')
      const { get } = await port.read({ get: [key('kept'), key('new'), key('stays')] })
      expectEqual(
        get.map((entry) => entry?.revision),
        [before, undefined, before],
        'every key is as it was',
      )
    },
  },
  {
    id: 'commit-list',
    member: 'commit',
    title: 'a member that fails changes nothing, fails no other, and results come in order',
    sentence: sentences.list,
    async check({ port }) {
      const results = await port.commit([
        commitOf([put(key('a'), '1')]),
        commitOf([put(key('b'), '2'), put(key('a'), '2')], [present(key('nobody'))]),
        commitOf([put(key('c'), '3')]),
        commitOf([put(key('d'), '4')], [present(key('nobody'))]),
        commitOf([put(key('e'), '5')]),
      ])
      const statuses = results.map((result) => result.status)
      expectEqual(statuses, ['committed', 'conflict', 'committed', 'conflict', 'committed'], 'a result for each')
      const keys = ['a', 'b', 'c', 'd', 'e'].map((item) => key(item))
      const { get } = await port.read({ get: keys })
      const found = results.map((result) => (result.status === 'committed' ? result.revision : undefined))
      expectEqual(
        get.map((entry) => entry?.revision),
        found,
        'the members that did not fail are applied',
      )
    },
  },
  {
    id: 'commit-list-sees-before',
    member: 'commit',
    title: 'a member sees what those before it wrote, in keys and in ranges',
    sentence: sentences.list,
    async check({ port }) {
      const results = await port.commit([
        commitOf([put(key('a', 'd1'))], [absent(key('a', 'd1'))]),
        commitOf([put(key('b', 'd1'))], [present(key('a', 'd1')), range('d1', 1, toRevision(2 ** 40))]),
        commitOf([put(key('lost', 'd1'))], [range('d1', 1, toRevision(2 ** 40))]),
        commitOf([remove(key('a', 'd1'))], [range('d1', 2, toRevision(2 ** 40))]),
        commitOf([put(key('c', 'd1'))], [absent(key('a', 'd1'))]),
      ])
      const statuses = results.map((result) => result.status)
      expectEqual(statuses, ['committed', 'committed', 'conflict', 'committed', 'committed'], 'one after the other')
    },
  },
  {
    id: 'commit-list-same-key',
    member: 'commit',
    title: 'members of one list may write one key; the last one wins, with its own revision',
    sentence: sentences.list,
    async check({ port }) {
      const results = await port.commit(upTo(5).map((index) => commitOf([put(key('a'), `member ${index}`)])))
      expectEqual(await textOf(port, key('a')), 'member 4', 'the value of the last')
      expectEqual((await entryOf(port, key('a')))?.revision, revisionOf(results.at(-1)), 'the revision of the last')
    },
  },
  {
    id: 'commit-list-revisions',
    member: 'commit',
    title: 'the members of a list get rising revisions of their own',
    sentence: sentences.serial,
    async check({ port }) {
      const results = await port.commit(upTo(20).map((index) => commitOf([put(key(`item-${index}`))])))
      const revisions = results.map(revisionOf)
      const isRising = revisions.every((revision, index) => index === 0 || revision > (revisions[index - 1] ?? revision))
      expectThat(isRising, 'each revision is above the one before', { actual: revisions })
      const { get } = await port.read({ get: upTo(20).map((index) => key(`item-${index}`)) })
      expectEqual(
        get.map((entry) => entry?.revision),
        revisions,
        'entries carry the revisions reported',
      )
    },
  },
  {
    id: 'commit-list-winner',
    member: 'commit',
    title: 'two members that create one key: the first wins, the second conflicts with it',
    sentence: sentences.list,
    async check({ port }) {
      const results = await port.commit([
        commitOf([put(key('a'), 'first')], [absent(key('a'))]),
        commitOf([put(key('a'), 'second')], [absent(key('a'))]),
      ])
      const winner = revisionOf(results[0])
      expectEqual(results[1], { status: 'conflict', expectation: 0, found: winner }, 'the second finds the first')
      expectEqual(await textOf(port, key('a')), 'first', 'the value of the first')
    },
  },
  {
    id: 'commit-list-empty',
    member: 'commit',
    title: 'an empty list is committed, with no results',
    sentence: sentences.list,
    async check({ port }) {
      expectEqual(await port.commit([]), [], 'no results')
    },
  },
  {
    id: 'commit-list-long',
    member: 'commit',
    title: 'a list of 200 members is answered by 200 results',
    sentence: sentences.list,
    async check({ port }) {
      const members = upTo(200).map((index) =>
        commitOf([put(key(`item-${index}`))], [absent(key(`item-${index - (index % 10)}`))]),
      )
      const results = await port.commit(members)
      const statuses = results.map((result) => result.status)
      const expected = upTo(200).map((index) => (index % 10 === 0 ? 'committed' : 'conflict'))
      expectEqual(statuses, expected, 'every tenth is committed, the others find its key')
    },
  },
]
