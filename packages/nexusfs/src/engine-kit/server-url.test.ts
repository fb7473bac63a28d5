// Guards: engine-kit/uri.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { serverUrl } from './uri.ts'

const variables = ['FIRST_URL', 'SECOND_URL']

describe('serverUrl', () => {
  it('leaves a URL as it is, whatever the variables say', () => {
    const env = { FIRST_URL: 'redis://elsewhere' }
    for (const url of ['redis://host', 'rediss://u:p@host:1/2?prefix=x:', 'redis:nonsense']) {
      assert.equal(serverUrl(url, variables, env), url)
    }
  })

  it('fills a bare URI from the first variable that is set', () => {
    const env = { FIRST_URL: '', SECOND_URL: 'postgres://u:p%25@host/db?schema=a' }
    assert.equal(serverUrl('postgres:', variables, env), env.SECOND_URL)
    assert.equal(serverUrl('postgres:', variables, { ...env, FIRST_URL: 'postgres://first/db' }), 'postgres://first/db')
  })

  it('puts the parameters of a bare URI instead of those of the variable', () => {
    const env = { FIRST_URL: 'postgres://u:p%25@host/db?schema=a&sslmode=require' }
    const url = new URL(serverUrl('postgres:?schema=team', variables, env))
    assert.deepEqual([url.password, url.searchParams.get('schema'), url.searchParams.get('sslmode')], ['p%25', 'team', 'require'])
  })

  it('says which variables to set, and never shows what is in one', () => {
    assert.throws(() => serverUrl('redis:', variables, {}), {
      code: 'InvalidConfig',
      message: 'redis: names no server; set FIRST_URL or SECOND_URL, or write redis://HOST',
    })
    const env = { FIRST_URL: 'secret' }
    assert.throws(() => serverUrl('redis:?prefix=x:', variables, env), {
      code: 'InvalidConfig',
      message: 'FIRST_URL is not a URL; write it as scheme://user:password@host:port/...',
    })
  })
})
