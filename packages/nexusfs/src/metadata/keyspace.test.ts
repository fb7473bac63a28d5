import assert from 'node:assert/strict'
import { test } from 'vitest'
import { digestOf } from '../core/digest.ts'
import {
  contentGroup,
  detachedKey,
  directoryGroup,
  endedGroup,
  formatKey,
  heartbeatKey,
  leaseKey,
  logGroup,
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
