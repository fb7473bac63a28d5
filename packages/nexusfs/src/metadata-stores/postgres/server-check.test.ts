import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { durabilityOf, refuseUnsuitable, type ServerFacts } from './server-check.ts'

const fit: ServerFacts = {
  version: 150018,
  versionText: '15.18',
  processId: 1,
  isStandby: false,
  isReadOnly: false,
  isolation: 'read committed',
  synchronousCommit: 'on',
  synchronousStandbys: '',
  fsync: 'on',
  user: 'me',
}
const need = { location: 'postgres://h/d', isPooled: false, durability: undefined }

describe('a server', () => {
  it('that is fit is taken', () => {
    refuseUnsuitable(fit, need)
    refuseUnsuitable({ ...fit, version: 140000 }, need)
  })

  it.each([
    [{ version: 130022, versionText: '13.22' }, 'Unsupported', /13\.22, at .*; use PostgreSQL 14 or newer/],
    [{ isStandby: true }, 'ReadOnly', /connect to the primary/],
    [{ isReadOnly: true }, 'ReadOnly', /ALTER ROLE me SET default_transaction_read_only = off/],
    [{ isolation: 'serializable' }, 'InvalidConfig', /ALTER ROLE me SET default_transaction_isolation = 'read committed'/],
  ] as const)('with %j is %s', (difference, code, message) => {
    assert.throws(() => refuseUnsuitable({ ...fit, ...difference }, need), { code, message })
  })
})

describe('the class of durability', () => {
  it.each([
    [{}, 'disk'],
    [{ synchronousCommit: 'local', synchronousStandbys: 'a' }, 'disk'],
    [{ synchronousCommit: 'remote_write', synchronousStandbys: 'a' }, 'disk'],
    [{ synchronousCommit: 'on', synchronousStandbys: 'ANY 1 (a, b)' }, 'replicated'],
    [{ synchronousCommit: 'remote_apply', synchronousStandbys: '*' }, 'replicated'],
    [{ synchronousCommit: 'remote_apply', synchronousStandbys: '' }, 'disk'],
    [{ synchronousCommit: 'off' }, 'none'],
    [{ synchronousCommit: 'off', fsync: 'off' }, 'none'],
    [{ fsync: 'off' }, 'os'],
  ] as const)('with %j is %s', (difference, durability) => {
    assert.equal(durabilityOf({ ...fit, ...difference }), durability)
  })

  it('that is asked for and out of reach is refused, a weaker one is not', () => {
    assert.throws(() => refuseUnsuitable({ ...fit, fsync: 'off' }, { ...need, durability: 'disk' }), {
      code: 'InvalidConfig',
      message: /fsync = off/,
    })
    refuseUnsuitable(fit, { ...need, durability: 'os' })
  })
})
