import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { describe, it } from 'vitest'
import { isNexusError } from '../../core/errors.ts'
import { locationOf, readTarget } from './connection-target.ts'
import { resolveSettings } from './options.ts'

const secret = 'swordfish-9c1'

function refused(url: string): string {
  try {
    readTarget({ url })
  } catch (error) {
    assert(isNexusError(error, 'InvalidConfig'), String(error))
    assert(!inspect(error, { depth: 10, showHidden: true }).includes(secret), 'the secret is shown')
    return error.message
  }
  return assert.fail(`${url} was taken`)
}

describe('a URL', () => {
  it('is taken apart, with its escapes', () => {
    const { target, settings } = readTarget({
      url: 'postgresql://me%40x:p%2Fw@db.example:5433/my%20db?schema=team&connect_timeout=3',
    })
    assert.equal(target.user, 'me@x')
    assert.equal(target.password, 'p/w')
    assert.equal(target.host, 'db.example')
    assert.equal(target.port, 5433)
    assert.equal(target.database, 'my db')
    assert.equal(target.ssl, false)
    assert.equal(settings.schema, 'team')
    assert.deepEqual(settings.timeouts, { connect: 3_000 })
  })

  it('gives way to a timeout that is set, and keeps the other', () => {
    const { settings } = readTarget({ url: 'postgres://h/d?connect_timeout=3', timeouts: { call: 7_000 } })
    assert.deepEqual([resolveSettings(settings).connectMs, resolveSettings(settings).callMs], [3_000, 7_000])
  })

  it('gives way to options that are set, and only to those', () => {
    const url = 'postgres://h/d?schema=team&pool_size=4'
    assert.equal(resolveSettings(readTarget({ url, schema: undefined }).settings).schema, 'team')
    const { schema, poolSize } = resolveSettings(readTarget({ url, schema: 'other' }).settings)
    assert.deepEqual([schema, poolSize], ['other', 4])
  })

  it('may name the folder of a Unix socket', () => {
    assert.equal(readTarget({ url: 'postgres:///d?host=%2Fvar%2Frun' }).target.host, '/var/run')
  })

  it('decides how TLS is verified, as psql reads it', () => {
    const ssl = (mode: string) => readTarget({ url: `postgres://h/d?sslmode=${mode}` }).target.ssl
    assert.equal(ssl('disable'), false)
    assert.deepEqual(ssl('require'), { rejectUnauthorized: false })
    assert.deepEqual(ssl('verify-full'), { rejectUnauthorized: true })
    const ca = ssl('verify-ca')
    assert(ca !== false && ca.rejectUnauthorized === true && ca.checkServerIdentity?.('h', Object.create(null)) === undefined)
  })

  it('that is none, or has an unknown part, is refused without being shown', () => {
    assert.match(refused(`postgres//me:${secret}@h/d`), /postgres:\/\/user:password@host/)
    assert.match(refused(`mysql://me:${secret}@h/d`), /not a PostgreSQL URL/)
    assert.match(refused(`postgres://me:${secret}%zz@h/d`), /%25/)
    assert.match(refused(`postgres://me:${secret}@h/d?sslmod=require`), /unknown parameter sslmod; known are .*sslmode/)
    assert.match(refused(`postgres://me:${secret}@h/d?sslmode=sometimes`), /sslmode is one of/)
  })

  it('is spoken of without password and parameters', () => {
    const { target } = readTarget({ url: `postgres://me:${secret}@h:5433/d?sslmode=require` })
    assert.equal(locationOf(target, 'team'), 'postgres://me@h:5433/d?schema=team')
  })
})

describe('settings', () => {
  it('out of range, or a schema that would need quoting, are refused by name', () => {
    for (const [settings, message] of [
      [{ poolSize: 0 }, /poolSize is a whole number from 1 to 1000/],
      [{ commitConnections: 11 }, /commitConnections is a whole number from 1 to 10/],
      [{ timeouts: { call: Number.NaN } }, /timeouts\.call/],
      [{ schema: 'a"b' }, /cannot be the schema/],
      [{ schema: 'pg_mine' }, /cannot be the schema/],
      [{ schema: 'x'.repeat(64) }, /cannot be the schema/],
    ] as const) {
      assert.throws(() => resolveSettings(settings), { code: 'InvalidConfig', message })
    }
  })
})
