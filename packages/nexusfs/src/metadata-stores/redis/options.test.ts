import assert from 'node:assert/strict'
import { it } from 'vitest'
import { toRedisPlace } from './options.ts'

it('a URL alone gives the presets', () => {
  const { tls, ...place } = toRedisPlace({ url: 'redis://localhost' })
  assert.equal(tls, undefined)
  assert.deepEqual(place, {
    host: 'localhost',
    port: 6379,
    db: 0,
    username: '',
    password: '',
    prefix: 'nexus:',
    location: 'redis://localhost:6379/0?prefix=nexus%3A',
    connectMs: 3_000,
    callMs: 10_000,
    acceptDataLoss: false,
  })
})

it('user, password, port, database and prefix are read from the URL, and the location has no secret', () => {
  const place = toRedisPlace({ url: 'redis://me:p%40ss%2Fword@[::1]:7000/3?prefix=team:' })
  assert.deepEqual(
    [place.host, place.port, place.db, place.username, place.password, place.prefix],
    ['::1', 7000, 3, 'me', 'p@ss/word', 'team:'],
  )
  assert.equal(place.location, 'redis://[::1]:7000/3?prefix=team%3A')
})

it('rediss asks for TLS, with the options that are given', () => {
  assert.deepEqual(toRedisPlace({ url: 'rediss://h' }).tls, {})
  assert.deepEqual(toRedisPlace({ url: 'rediss://h', tls: { ca: 'PEM' } }).tls, { ca: 'PEM' })
})

it('the option prefix comes before that of the URL', () => {
  assert.equal(toRedisPlace({ url: 'redis://h?prefix=a:', prefix: 'b:' }).prefix, 'b:')
})
