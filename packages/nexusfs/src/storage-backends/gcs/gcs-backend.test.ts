// Guards: storage-backends/gcs/*.ts, storage-backends/object-store/*.ts

import assert from 'node:assert/strict'
import { afterAll, beforeEach, describe, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import { bytesOf, type Fault, failure, piecesOf } from '../object-store/faulty-server.test-fixture.ts'
import { Crc32c } from './crc32c.ts'
import { GCSBackend } from './gcs-backend.ts'
import { batchOf, FakeBucket, partBytes, refusal } from './gcs-fake.test-fixture.ts'

const bucket = await FakeBucket.start()
const { fake, options, pauses } = bucket
const open = bucket.open.bind(bucket)

beforeEach(() => bucket.clear())
afterAll(() => bucket[Symbol.asyncDispose]())

const broken: Fault = { kind: 'lost reply' }
const busy = refusal(503, 'backendError')

describe('the checksum', () => {
  it.each([
    ['', 'AAAAAA=='],
    ['123456789', '4waSgw=='],
    ['a', 'wdBDMA=='],
  ])('of %j is %s', (text, expected) => assert.equal(String(new Crc32c().update(utf8(text))), expected))

  it('does not depend on how the bytes come', () => {
    const bytes = bytesOf(1_000)
    const whole = String(new Crc32c().update(bytes))
    for (const cut of [1, 7, 8, 9, 500, 999]) {
      assert.equal(String(new Crc32c().update(bytes.subarray(0, cut)).update(bytes.subarray(cut))), whole)
    }
  })
})

describe('what a call costs', () => {
  it('opening is one list; a small blob is one POST, and comes back with one GET', async () => {
    const backend = await open()
    assert.deepEqual(backend.traffic, { requests: 1, retries: 0 })
    await backend.put('ab/cd', piecesOf(utf8('hello'), 2), { size: 5 })
    assert.deepEqual(fake.counts, { 'POST multipart': 1 })
    assert.deepEqual([...fake.objects.keys()], ['test/ab/cd'])
    assert.deepEqual(await backend.get('ab/cd'), utf8('hello'))
    assert.deepEqual(fake.counts, { 'POST multipart': 1, 'GET media': 1 })
    assert.deepEqual(backend.traffic, { requests: 3, retries: 0 })
  })

  it('a hundred deletes are one request, and one more is two', async () => {
    const backend = await open()
    const keys = Array.from({ length: 101 }, (_, index) => `ab/${1_000 + index}`)
    await backend.delete(keys.slice(1))
    assert.deepEqual(fake.counts, { 'POST batch': 1 })
    await backend.delete(keys)
    assert.deepEqual(fake.counts, { 'POST batch': 3 })
  })

  it('what is there is one GET; where it is not, the bucket is looked at, too', async () => {
    const backend = await open()
    await backend.put('ab/cd', utf8('hello'), { size: 5 })
    fake.reset()
    assert.deepEqual(await backend.stat(['ab/cd']), [{ size: 5 }])
    assert.deepEqual(fake.counts, { 'GET object': 1 })
    assert.deepEqual(await backend.stat(['ab/xy']), [undefined])
    assert.deepEqual(fake.counts, { 'GET object': 2, 'GET list': 1 })
  })

  it('a page of a thousand that is followed by others leaves out nothing', async () => {
    const backend = await open()
    const keys = Array.from({ length: 2_100 }, (_, index) => `ab/${10_000 + index}`)
    for (const key of keys) fake.objects.set(`test/${key}`, { bytes: Buffer.from('x'), generation: 1 })
    const listed: string[] = []
    for (let after: string | undefined; ; ) {
      const page = await backend.list({ after })
      listed.push(...page.blobs.map(({ key }) => key))
      if (page.next === undefined) break
      after = page.next
    }
    assert.deepEqual(listed, keys)
    assert.equal(fake.counts['GET list'], 3)
  })
})

describe('a put', () => {
  it('never replaces what is there, and succeeds', async () => {
    const backend = await open()
    await backend.put('ab/cd', utf8('first'), { size: 5 })
    await backend.put('ab/cd', utf8('first'), { size: 5 })
    await backend.put('ab/cd', utf8('other'), { size: 5 })
    await backend.put('ab/cd', bytesOf(3 * partBytes), { size: 3 * partBytes })
    assert.deepEqual(await backend.get('ab/cd'), utf8('first'))
    assert.equal(fake.writes.get('test/ab/cd'), 1)
  })

  it('whose answer was lost is done once', async () => {
    const backend = await open()
    fake.fail('POST multipart', broken)
    await backend.put('ab/cd', utf8('hello'), { size: 5 })
    assert.deepEqual(fake.counts, { 'POST multipart': 2 })
    assert.equal(fake.writes.get('test/ab/cd'), 1)
  })

  it.each([
    ['503', busy],
    ['429', refusal(429, 'rateLimitExceeded')],
    ['a 409, which is no word about the object', refusal(409, 'conflict')],
    ['408', refusal(408, 'requestTimeout')],
  ])('is tried again after %s', async (_, fault) => {
    const backend = await open()
    fake.fail('POST multipart', fault)
    await backend.put('ab/cd', utf8('hello'), { size: 5 })
    assert.deepEqual(fake.counts, { 'POST multipart': 2 })
    assert.equal(backend.traffic.retries, 1)
  })

  it('backs off at a 429, as long as the service asks for, and gives up after five times', async () => {
    const backend = await open()
    fake.fail('POST multipart', ...Array.from({ length: 9 }, () => refusal(429, 'rateLimitExceeded', '', { 'retry-after': '2' })))
    const error = await failure(() => backend.put('ab/cd', utf8('hello'), { size: 5 }), 'RateLimited')
    assert.equal(error.retry, 'exhausted')
    assert.deepEqual(fake.counts, { 'POST multipart': 5 })
    assert.deepEqual(pauses, [2_000, 2_000, 2_000, 2_000])
  })
})

describe('a body in chunks', () => {
  const size = 3 * partBytes + 1
  const bytes = bytesOf(size)

  it.each(['an array', 'pieces'])('comes back whole, put as %s: one request to begin, and one for each chunk', async (form) => {
    const backend = await open()
    await backend.put('ab/cd', form === 'pieces' ? piecesOf(bytes, 333) : bytes, { size })
    assert.deepEqual(fake.counts, { 'POST resumable': 1, 'PUT chunk': 4 })
    assert.equal(backend.traffic.requests, 6)
    assert.deepEqual(await backend.get('ab/cd'), bytes)
    const ranges = fake.requests.flatMap(({ headers }) => headers['content-range'] ?? [])
    assert.deepEqual(ranges, ['bytes 0-999/3001', 'bytes 1000-1999/3001', 'bytes 2000-2999/3001', 'bytes 3000-3000/3001'])
  })

  it.each<[string, readonly Fault[], number]>([
    ['a 308 without a range: nothing is stored', [{ kind: 'short', bytes: 0 }], 6],
    ['a 308 with a smaller range: the rest is sent from there', [{ kind: 'short', bytes: 350 }], 5],
    ['a 503 after half of a chunk', [{ kind: 'short', bytes: 500, status: 503 }], 6],
    ['an answer that was lost', [broken], 5],
    ['three answers that were lost', [broken, broken, broken], 7],
    ['a 503 to the chunk and to the question', [busy, busy], 7],
    ['a 429', [refusal(429, 'rateLimitExceeded')], 6],
  ])('%s, and the bytes are equal', async (_, faults, chunks) => {
    const backend = await open()
    fake.fail('PUT chunk', ...faults)
    await backend.put('ab/cd', piecesOf(bytes, 100), { size })
    assert.deepEqual(Buffer.compare(fake.objects.get('test/ab/cd')?.bytes ?? Buffer.alloc(0), bytes), 0)
    assert.equal(fake.counts['PUT chunk'], chunks)
    assert.equal(fake.writes.get('test/ab/cd'), 1)
  })

  it('whose last answer was lost is stored once', async () => {
    const backend = await open()
    fake.fail('PUT chunk', ...Array.from({ length: 3 }, (): Fault => ({ kind: 'short', bytes: partBytes })), broken)
    await backend.put('ab/cd', bytes, { size })
    assert.equal(fake.counts['PUT chunk'], 5)
    assert.equal(fake.writes.get('test/ab/cd'), 1)
  })

  it.each<[string, Fault, RegExp]>([
    ['an upload that has expired', refusal(410, 'gone'), /the upload has expired .*write the blob again/],
    ['an upload that nobody knows', refusal(404, 'notFound'), /the upload has expired/],
    [
      'a chunk that the service had and lost',
      { kind: 'answer', status: 308, headers: { range: 'bytes=0-9' } },
      /has lost a part of the upload/,
    ],
    ['a 308 without a range in the middle', { kind: 'answer', status: 308 }, /has lost a part of the upload|has not stored/],
  ])('%s is an error, never a hole', async (_, fault, text) => {
    const backend = await open()
    fake.fail('PUT chunk', { kind: 'short', bytes: partBytes }, ...Array.from({ length: 9 }, () => fault))
    const error = await failure(() => backend.put('ab/cd', bytes, { size }), 'Unavailable')
    assert.equal(error.retry, 'exhausted')
    assert.match(error.message, text)
    assert.doesNotMatch(error.message, /canary/)
    await backend.close()
    assert.deepEqual([fake.objects.size, fake.uploads.size], [0, 0])
  })

  it('that was damaged on its way is an error, and what was stored is removed', async () => {
    const backend = await open()
    const wrong = { size: String(size), generation: '7', crc32c: 'AAAAAA==' }
    const fine = Array.from({ length: 3 }, (): Fault => ({ kind: 'short', bytes: partBytes }))
    fake.fail('PUT chunk', ...fine, { kind: 'answer', status: 200, body: JSON.stringify(wrong) })
    await failure(() => backend.put('ab/cd', bytes, { size }), 'Unavailable')
    assert.equal(fake.requests.find(({ kind }) => kind === 'DELETE object')?.url.searchParams.get('ifGenerationMatch'), '7')
  })

  it('gives way to the put of another that was faster', async () => {
    const backend = await open()
    fake.fail(
      'PUT chunk',
      ...Array.from({ length: 3 }, (): Fault => ({ kind: 'short', bytes: partBytes })),
      refusal(412, 'conditionNotMet'),
    )
    await backend.put('ab/cd', bytes, { size })
    assert.equal(fake.counts['PUT chunk'], 4)
  })

  it.each([
    ['too short', () => piecesOf(bytesOf(size - 1), 100)],
    ['too long', () => piecesOf(bytesOf(size + 1), 100)],
  ])('that is %s leaves nothing, and the upload is ended', async (_, body) => {
    const backend = await open()
    await failure(() => backend.put('ab/cd', body(), { size }), 'InvalidArgument')
    await backend.close()
    assert.deepEqual([fake.objects.size, fake.uploads.size], [0, 0])
    assert.equal(fake.counts['DELETE upload'], 1)
  })
})

describe('a body that is read', () => {
  it('is read on from where it broke off, of the same generation', async () => {
    const backend = await open()
    const bytes = bytesOf(900)
    await backend.put('ab/cd', bytes, { size: 900 })
    fake.reset()
    const generation = String(fake.objects.get('test/ab/cd')?.generation)
    fake.fail('GET media', { kind: 'cut', after: 100 }, { kind: 'cut', after: 200 })
    assert.deepEqual(await backend.get('ab/cd'), bytes)
    assert.deepEqual(
      fake.requests.map(({ headers, url }) => [headers.range, url.searchParams.get('ifGenerationMatch')]),
      [
        [undefined, null],
        ['bytes=100-', generation],
        ['bytes=300-', generation],
      ],
    )
  })

  it('and was replaced meanwhile is a conflict', async () => {
    const backend = await open()
    await backend.put('ab/cd', bytesOf(900), { size: 900 })
    fake.fail('GET media', { kind: 'cut', after: 100 }, refusal(412, 'conditionNotMet'))
    await failure(() => backend.get('ab/cd'), 'Conflict')
  })

  it('with other bytes than its checksum says is corrupt', async () => {
    const backend = await open()
    const headers = { 'x-goog-hash': 'crc32c=AAAAAA==' }
    fake.fail('GET media', { kind: 'answer', status: 200, body: 'hello', headers })
    await failure(() => backend.get('ab/cd'), 'Corrupt')
  })
})

describe('a delete', () => {
  it('tries the keys again that failed, and no others', async () => {
    const backend = await open()
    fake.fail('POST batch', { kind: 'answer', ...batchOf([204, 503, 404]) })
    await backend.delete(['ab/cc', 'ab/cd', 'ab/ce'])
    const [, second = assert.fail()] = fake.requests
    assert.deepEqual(String(second.body).match(/^DELETE .*$/gm), ['DELETE /storage/v1/b/fake-bucket/o/test%2Fab%2Fcd HTTP/1.1'])
  })

  it('fails with the key that is refused', async () => {
    const backend = await open()
    fake.fail('POST batch', { kind: 'answer', ...batchOf([503, 403]) })
    const error = await failure(() => backend.delete(['ab/cc', 'ab/cd']), 'PermissionDenied')
    assert.match(error.message, /ab\/cd in gs:.*allow storage.objects.delete on the bucket fake-bucket/)
  })

  it('takes no answer for no success', async () => {
    const backend = await open()
    fake.fail('POST batch', { kind: 'answer', ...batchOf([204]) })
    await backend.delete(['ab/cc', 'ab/cd'])
    assert.deepEqual(fake.counts, { 'POST batch': 2 })
  })
})

describe('keys', () => {
  it.each(['a b+c%d/é//x', 'a b+c%d/é//x/', ' leading', '日本/ü&<>"\'', '~(!*)/=#?'])(
    'under the prefix %j go there and come back',
    async (prefix) => {
      const backend = await open({ prefix })
      await backend.put('ab/cd', utf8('hello'), { size: 5 })
      await backend.put('ab/ce', bytesOf(partBytes + 1), { size: partBytes + 1 })
      const whole = prefix.endsWith('/') ? prefix : `${prefix}/`
      assert.deepEqual([...fake.objects.keys()], [`${whole}ab/cd`, `${whole}ab/ce`])
      assert.deepEqual(await backend.get('ab/cd'), utf8('hello'))
      assert.deepEqual(
        (await backend.list()).blobs.map(({ key }) => key),
        ['ab/cd', 'ab/ce'],
      )
      await backend.delete(['ab/cd', 'ab/ce'])
      assert.equal(fake.objects.size, 0)
    },
  )

  it('of a prefix that another begins with are not seen by it', async () => {
    const [one, other] = [await open({ prefix: 'x' }), await open({ prefix: 'x1' })]
    await other.put('ab/cd', utf8('hello'), { size: 5 })
    assert.deepEqual(await one.list(), { blobs: [] })
    await GCSBackend.drop({ ...options, prefix: 'x' })
    assert.deepEqual([...fake.objects.keys()], ['x1/ab/cd'])
    await failure(() => GCSBackend.drop({ ...options, prefix: '' }), 'InvalidArgument')
  })
})
