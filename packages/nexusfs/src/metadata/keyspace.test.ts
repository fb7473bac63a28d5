import assert from 'node:assert/strict'
import { describe, it, test } from 'vitest'
import { digestOf } from '../core/digest.ts'
import { isNexusError } from '../core/errors.ts'
import {
  contentGroup,
  detachedKey,
  directoryGroup,
  endedGroup,
  formatKey,
  headKey,
  heartbeatKey,
  leaseKey,
  logGroup,
  nameInHeadKey,
  operationKey,
  referenceKey,
  rootId,
  timeKey,
  versionGroup,
} from './keyspace.ts'
import { isRangedGroup } from './metadata-store.ts'

test('a range may be expected among the entries of a directory and among the references to a content, and nowhere else', () => {
  const digest = digestOf(new Uint8Array())
  const ranged = [directoryGroup(rootId), referenceKey(digest, rootId, 1).group]
  const keys = [timeKey(1), operationKey(rootId), detachedKey(rootId), leaseKey(rootId), heartbeatKey(rootId), formatKey]
  const others = [endedGroup(rootId), versionGroup(rootId), contentGroup, logGroup, ...keys.map(({ group }) => group)]
  assert.deepEqual(ranged.map(isRangedGroup), [true, true])
  assert.deepEqual(others.filter(isRangedGroup), [])
})

describe('the name in the item of a head', () => {
  it('comes back as it was', () => {
    for (const name of ['a', 'a..b', '...', ' ', '\u0001', 'é', 'e\u0301', '😀', '\ufeffx']) {
      assert.equal(nameInHeadKey(headKey(directoryGroup(rootId), name)), name)
    }
  })

  it('that no path can have is Corrupt', () => {
    const names = ['', '.', '..', 'a/b', '/', 'a\0b'].map((name) => new Uint8Array(Buffer.from(name)))
    for (const item of [...names, Uint8Array.of(0xff)]) {
      assert.throws(
        () => nameInHeadKey({ group: directoryGroup(rootId), item }),
        (error) => isNexusError(error, 'Corrupt'),
        Buffer.from(item).toString(),
      )
    }
  })
})
