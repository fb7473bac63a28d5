import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import { toRevision } from '../../core/revision.ts'
import type { Commit, Expectation, Key, Write } from '../../metadata/metadata-store.ts'
import type { Int64 } from './binary-array.ts'
import { commitRuns } from './commit-arguments.ts'
import { lockId, lockSequence, locksOf, maxLocks } from './locks.ts'

const store = 16_385

function key(item: string, group = 'c'): Key {
  return { group: utf8(group), item: utf8(item) }
}

function put(item: string, group = 'c', revisionAt?: number): Write {
  const written = { ...key(item, group), ...(revisionAt === undefined ? {} : { revisionAt }) }
  return { kind: 'put', key: written, value: new Uint8Array(0) }
}

function commit(expect: readonly Expectation[], ...writes: readonly Write[]): Commit {
  return { expect, writes }
}

function text({ high, low }: Int64): string {
  return (high >>> 0).toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
}

function sequenceOf(...commits: readonly Commit[]): readonly string[] {
  return lockSequence(
    store,
    commits.flatMap((one) => locksOf(store, one)),
  ).map(text)
}

const range: Expectation = { kind: 'range', range: { group: utf8('dx') }, count: 0, maxRevision: toRevision(0) }

describe('the number of a lock', () => {
  it('is part of the format: every client computes the same', () => {
    assert.deepEqual(
      [lockId(store, 'gate'), lockId(store, { group: utf8('dx') }), lockId(store, key('')), lockId(store, key('name', 'dx'))].map(
        text,
      ),
      golden,
    )
  })

  it('differs between a group and its key with an empty item, and where group and item are cut', () => {
    const numbers = [lockId(store, { group: utf8('ab') }), lockId(store, key('', 'ab')), lockId(store, key('b', 'a'))].map(text)
    assert.equal(new Set(numbers).size, 3)
  })

  it('differs between stores', () => {
    assert.notEqual(text(lockId(1, key('a'))), text(lockId(2, key('a'))))
  })

  it('hits no other among 100,000 keys, and leaves the lowest bit free', () => {
    const numbers = new Set<string>()
    for (let n = 0; n < 100_000; n++) {
      const id = lockId(store, key(`file-${n}`, `d${n % 7}`))
      assert.equal(id.low & 1, 0)
      numbers.add(text(id))
    }
    assert.equal(numbers.size, 100_000)
  })
})

describe('the locks of a commit', () => {
  it('begin with the gate and ascend, as signed numbers', () => {
    const [gate, ...others] = lockSequence(
      store,
      locksOf(store, commit([], ...Array.from({ length: 50 }, (_, n) => put(`k${n}`)))),
    )
    assert.equal(text(gate ?? assert.fail()), text(lockId(store, 'gate')))
    const numbers = others.map(({ high, low }) => (BigInt(high) << 32n) | BigInt(low))
    assert.deepEqual(
      numbers,
      [...numbers].sort((a, b) => (a < b ? -1 : 1)),
    )
  })

  it('name each key once, exclusive if any member writes it', () => {
    const expected = commit([{ kind: 'absent', key: key('a') }], put('b'))
    const written = commit([], put('a'))
    const sequence = sequenceOf(expected, written)
    const { high, low } = lockId(store, key('a'))
    assert.equal(sequence.length, 3)
    assert(sequence.includes(text({ high, low: low + 1 })))
    assert.deepEqual(sequenceOf(written, expected), sequence)
  })

  it('are shared on a group that is written, exclusive where a range of it is expected', () => {
    const group = lockId(store, { group: utf8('dx') })
    assert(sequenceOf(commit([], put('a', 'dx'))).includes(text(group)))
    assert(sequenceOf(commit([range], put('a', 'dx'))).includes(text({ high: group.high, low: group.low + 1 })))
  })

  it('leave out keys with a REV slot, and groups that are not ranged', () => {
    assert.equal(sequenceOf(commit([], put('', 'l', 0))).length, 1)
    assert.equal(sequenceOf(commit([], put('', 'dx', 0))).length, 2)
  })

  it('are the gate alone, exclusive, from 256 on', () => {
    const many = (count: number): Commit => commit([], ...Array.from({ length: count }, (_, n) => put(`k${n}`)))
    assert.equal(sequenceOf(many(maxLocks - 1)).length, maxLocks)
    const gate = lockId(store, 'gate')
    assert.deepEqual(sequenceOf(many(maxLocks)), [text({ high: gate.high, low: gate.low + 1 })])
  })
})

describe('the runs of a list', () => {
  const runsOf = (...commits: readonly Commit[]): readonly number[] => commitRuns(commits.map((one) => locksOf(store, one)))

  it('hold together what does not touch: also writes into one group, and who reads before another writes', () => {
    assert.deepEqual(runsOf(commit([], put('a', 'dx')), commit([], put('b', 'dx'))), [2])
    assert.deepEqual(runsOf(commit([{ kind: 'absent', key: key('a') }], put('b')), commit([], put('a'))), [2])
    assert.deepEqual(runsOf(commit([range], put('a')), commit([], put('b', 'dx'))), [2])
  })

  it('end where a member expects or writes what an earlier one writes', () => {
    assert.deepEqual(runsOf(commit([], put('a')), commit([{ kind: 'present', key: key('a') }], put('b'))), [1, 2])
    assert.deepEqual(runsOf(commit([], put('a')), commit([], { kind: 'delete', key: key('a') })), [1, 2])
    assert.deepEqual(runsOf(commit([], put('b', 'dx')), commit([range], put('a')), commit([], put('c'))), [1, 3])
  })

  it('begin anew: only the members of the same run count', () => {
    const a = commit([], put('a'))
    assert.deepEqual(runsOf(a, a, commit([], put('b')), a), [1, 3, 4])
  })
})

const golden: readonly string[] = ['0ac7dfd780c942c4', '316a50823dceb9c0', 'cdbce0892f27aeb2', '99f25ca23452094a']
