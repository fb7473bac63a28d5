// Guards: storage-backends/object-store/*.ts, storage-backends/s3/*.ts

import assert from 'node:assert/strict'
import { afterAll, beforeEach, describe, it } from 'vitest'
import { concatBytes, utf8 } from '../../core/bytes.ts'
import { bytesOf, FakeBucket, failure, piecesOf } from './fake-bucket.test-fixture.ts'
import { type Fault, refusal } from './s3-fake.test-fixture.ts'

const bucket = await FakeBucket.start()
const { fake, pauses } = bucket
const open = bucket.open.bind(bucket)

beforeEach(() => bucket.clear())
afterAll(() => bucket[Symbol.asyncDispose]())

const broken: Fault = { kind: 'lost reply' }
const slowDown = refusal(503, 'SlowDown')

describe('a failure that may pass', () => {
  it.each([
    ['503', slowDown],
    ['500', refusal(500, 'InternalError')],
    ['429', refusal(429, 'TooManyRequests')],
    ['408', refusal(400, 'RequestTimeout')],
    ['409', refusal(409, 'OperationAborted')],
    ['409 of a condition, with nothing stored', refusal(409, 'ConditionalRequestConflict')],
    ['a wrong checksum', refusal(400, 'BadDigest')],
    ['a broken connection', broken],
    ['a page of a proxy', { kind: 'answer', status: 502, body: '<html>Bad gateway' }],
  ] as const)('%s is tried again', async (_, fault) => {
    const backend = await open()
    fake.fail('PUT object', fault)
    await backend.put('ab/cd', piecesOf(bytesOf(10), 3), { size: 10 })
    assert.deepEqual(fake.counts, { 'PUT object': 2 })
    assert.deepEqual(backend.traffic, { requests: 3, retries: 1 })
  })

  it('is tried five times, with growing pauses, and then told as exhausted', async () => {
    const backend = await open()
    fake.fail('GET object', ...Array.from({ length: 9 }, () => slowDown))
    const error = await failure(() => backend.get('ab/cd'), 'RateLimited')
    assert.equal(error.retry, 'exhausted')
    assert.match(error.message, /tried 5 times/)
    assert.equal(fake.counts['GET object'], 5)
    assert.deepEqual(
      pauses.map((ms, index) => ms >= 50 * 2 ** index && ms <= 150 * 2 ** index),
      [true, true, true, true],
    )
  })

  it('waits as long as the service asks for', async () => {
    const backend = await open()
    fake.fail('GET object', refusal(503, 'SlowDown', '', { 'retry-after': '7' }))
    await failure(() => backend.get('ab/cd'), 'NotFound')
    assert.deepEqual(pauses, [7_000])
  })

  it('is not waited for beyond the deadline of the call', async () => {
    const backend = await open({ timeouts: { call: 5_000 } })
    fake.fail('GET object', refusal(503, 'SlowDown', '', { 'retry-after': '7' }))
    const error = await failure(() => backend.get('ab/cd'), 'RateLimited')
    assert.equal(error.retry, 'exhausted')
    assert.deepEqual(fake.counts, { 'GET object': 1 })
  })

  it('of a service that is silent ends with the deadline', async () => {
    const backend = await open({ timeouts: { attempt: 100, call: 250 } })
    fake.fail('GET object', ...Array.from({ length: 9 }, (): Fault => ({ kind: 'silence' })))
    const began = performance.now()
    await failure(() => backend.get('ab/cd'), 'Timeout')
    assert.ok(performance.now() - began < 1_000)
  })

  it('for everybody uses up the budget: calls no longer try five times', async () => {
    const backend = await open()
    fake.fail('GET object', ...Array.from({ length: 400 }, () => slowDown))
    await Promise.all(Array.from({ length: 60 }, () => failure(() => backend.get('ab/cd'), 'RateLimited')))
    assert.equal(backend.traffic.retries, 100)
  })

  it('leaves no doubt about a refusal: that is not tried again', async () => {
    const backend = await open()
    fake.fail('PUT object', refusal(412, 'PreconditionFailed'))
    await failure(() => backend.put('ab/cd', utf8('a'), { size: 1 }), 'Conflict')
    fake.fail('PUT object', refusal(507, 'InsufficientStorage'))
    await failure(() => backend.put('ab/cd', utf8('a'), { size: 1 }), 'NoSpace')
    assert.deepEqual(fake.counts, { 'PUT object': 2 })
  })
})

describe('a body that breaks off', () => {
  it.each(['get', 'stream'] as const)('is read on from where it was, by %s', async (method) => {
    const backend = await open()
    const bytes = bytesOf(5_000)
    await backend.put('ab/cd', bytes, { size: bytes.length })
    fake.reset()
    fake.fail('GET object', { kind: 'cut', after: 1_000 }, { kind: 'cut', after: 2_000 })
    const whole = method === 'get' ? await backend.get('ab/cd') : concatBytes(...(await Array.fromAsync(backend.stream('ab/cd'))))
    assert.deepEqual(Buffer.compare(whole, bytes), 0)
    assert.deepEqual(
      fake.requests.map(({ headers }) => headers.range),
      [undefined, 'bytes=1000-', 'bytes=3000-'],
    )
  })

  it('is not mixed with that of another blob', async () => {
    const backend = await open()
    await backend.put('ab/cd', bytesOf(5_000).fill(1), { size: 5_000 })
    const stream = backend.stream('ab/cd')[Symbol.asyncIterator]()
    fake.fail('GET object', { kind: 'cut', after: 1_000 })
    await stream.next()
    await backend.put('ab/cd', bytesOf(5_000).fill(2), { size: 5_000 })
    await failure(() => stream.next(), 'Conflict')
  })

  it('and stays away is an error, never a short blob', async () => {
    const backend = await open()
    await backend.put('ab/cd', bytesOf(900), { size: 900 })
    fake.fail('GET object', ...Array.from({ length: 9 }, (): Fault => ({ kind: 'cut', after: 0 })))
    await failure(() => backend.get('ab/cd'), 'Unavailable')
  })
})
