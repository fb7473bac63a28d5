import assert from 'node:assert/strict'
import { afterAll, beforeEach, describe, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import { bytesOf, FakeBucket, failure, partBytes, piecesOf } from './fake-bucket.test-fixture.ts'
import { S3Backend } from './s3-backend.ts'
import { errorBody, type Fault, refusal } from './s3-fake.test-fixture.ts'

const bucket = await FakeBucket.start()
const { fake, options } = bucket
const open = bucket.open.bind(bucket)

beforeEach(() => bucket.clear())
afterAll(() => bucket[Symbol.asyncDispose]())

const broken: Fault = { kind: 'lost reply' }
const slowDown = refusal(503, 'SlowDown')

describe('what a call costs', () => {
  it('a small blob is one PUT, and comes back with one GET', async () => {
    const backend = await open()
    await backend.put('ab/cd', utf8('hello'), { size: 5 })
    assert.deepEqual(fake.counts, { 'PUT object': 1 })
    assert.deepEqual([...fake.objects.keys()], ['test/ab/cd'])
    assert.deepEqual(await backend.get('ab/cd'), utf8('hello'))
    assert.deepEqual(fake.counts, { 'PUT object': 1, 'GET object': 1 })
    assert.equal(backend.traffic.retries, 0)
  })

  it('a put sends no checksum that other services refuse, and its length', async () => {
    const backend = await open()
    await backend.put('ab/cd', piecesOf(bytesOf(10), 3), { size: 10 })
    const [{ headers } = assert.fail()] = fake.requests
    assert.deepEqual(
      Object.keys(headers).filter((name) => /checksum|trailer|expect|transfer-encoding/.test(name)),
      [],
    )
    assert.equal(headers['content-length'], '10')
  })

  it('a thousand deletes are one request, and one more is two', async () => {
    const backend = await open()
    const keys = Array.from({ length: 1_001 }, (_, index) => `ab/${1_000 + index}`)
    await backend.delete(keys.slice(1))
    assert.deepEqual(fake.counts, { 'POST delete': 1 })
    await backend.delete(keys)
    assert.deepEqual(fake.counts, { 'POST delete': 3 })
  })

  it('what is there is one HEAD; what is not is asked for by GET, too', async () => {
    const backend = await open()
    await backend.put('ab/cd', utf8('hello'), { size: 5 })
    fake.reset()
    assert.deepEqual(await backend.stat(['ab/cd']), [{ size: 5 }])
    assert.deepEqual(fake.counts, { 'HEAD object': 1 })
    assert.deepEqual(await backend.stat(['ab/xy']), [undefined])
    assert.deepEqual(fake.counts, { 'HEAD object': 2, 'GET object': 1 })
  })

  it('opening is one list', async () => {
    await using _ = await S3Backend.open(options)
    assert.deepEqual(fake.counts, { 'GET list': 1 })
  })
})

describe('a body in parts', () => {
  it.each(['an array', 'pieces'])('above the size of a part comes back whole, put as %s', async (form) => {
    const backend = await open()
    const bytes = bytesOf(10 * partBytes + 1)
    await backend.put('ab/cd', form === 'pieces' ? piecesOf(bytes, 333) : bytes, { size: bytes.length })
    assert.deepEqual(fake.counts, { 'POST uploads': 1, 'PUT part': 11, 'POST complete': 1 })
    assert.deepEqual(await backend.get('ab/cd'), bytes)
    assert.deepEqual(fake.requests.find(({ kind }) => kind === 'PUT part')?.headers['x-amz-checksum-crc32'], undefined)
  })

  it('is sent a few parts at a time', async () => {
    const backend = await open()
    const bytes = bytesOf(20 * partBytes)
    fake.fail('PUT part', { kind: 'silence' }, { kind: 'silence' }, { kind: 'silence' }, { kind: 'silence' })
    const cancel = new AbortController()
    const putting = backend.put('ab/cd', bytes, { size: bytes.length, signal: cancel.signal })
    await until(() => fake.counts['PUT part'] === 4)
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(fake.counts['PUT part'], 4)
    cancel.abort()
    await failure(() => putting, 'Aborted')
    await backend.close()
    assert.equal(fake.uploads.size, 0, 'what was sent is removed')
    assert.equal(fake.objects.size, 0)
  })

  it('sends a part again that did not arrive, from what it kept', async () => {
    const backend = await open()
    const bytes = bytesOf(3 * partBytes)
    fake.fail('PUT part', broken, slowDown, refusal(500, 'InternalError'))
    await backend.put('ab/cd', piecesOf(bytes, 100), { size: bytes.length })
    assert.deepEqual(await backend.get('ab/cd'), bytes)
    assert.equal(backend.traffic.retries, 3)
  })

  it.each([
    [
      'a body that breaks off',
      'InvalidArgument',
      async function* () {
        yield bytesOf(2 * partBytes)
        throw new Error('gone')
      },
      undefined,
    ],
    ['a body that is too short', 'InvalidArgument', () => piecesOf(bytesOf(2 * partBytes), 100), undefined],
    ['a part that is refused', 'PermissionDenied', () => piecesOf(bytesOf(3 * partBytes), 100), refusal(403, 'AccessDenied')],
  ] as const)('%s leaves nothing, and what was sent is removed', async (_, code, body, fault) => {
    const backend = await open()
    if (fault !== undefined) fake.fail('PUT part', fault)
    await failure(() => backend.put('ab/cd', body(), { size: 3 * partBytes }), code)
    await backend.close()
    assert.deepEqual([fake.objects.size, fake.uploads.size], [0, 0])
  })

  it('is stored once where the answer to the last request was lost', async () => {
    const backend = await open()
    const bytes = bytesOf(3 * partBytes)
    fake.fail('POST complete', broken)
    await backend.put('ab/cd', bytes, { size: bytes.length })
    assert.deepEqual(fake.counts, { 'POST uploads': 1, 'PUT part': 3, 'POST complete': 2, 'GET object': 1 })
    assert.deepEqual(await backend.get('ab/cd'), bytes)
  })

  it('is not taken for stored because another blob is there', async () => {
    const backend = await open()
    await backend.put('ab/cd', utf8('other'), { size: 5 })
    fake.fail('POST complete', refusal(404, 'NoSuchUpload'))
    await failure(() => backend.put('ab/cd', bytesOf(3 * partBytes), { size: 3 * partBytes }), 'Unexpected')
  })

  it('whose last answer is 200 with an error inside is completed again', async () => {
    const backend = await open()
    const bytes = bytesOf(3 * partBytes)
    fake.fail('POST complete', { kind: 'answer', status: 200, body: errorBody('InternalError') })
    await backend.put('ab/cd', bytes, { size: bytes.length })
    assert.equal(fake.counts['POST complete'], 2)
    fake.fail('POST complete', { kind: 'answer', status: 200, body: errorBody('AccessDenied') })
    await failure(() => backend.put('ab/ce', bytes, { size: bytes.length }), 'PermissionDenied')
    assert.deepEqual([...fake.objects.keys()], ['test/ab/cd'])
  })
})

describe('a delete', () => {
  const withErrors = (...entries: readonly (readonly [string, string])[]): Fault => ({
    kind: 'answer',
    status: 200,
    body: `<DeleteResult>${entries.map(([key, code]) => `<Error><Key>test/${key}</Key><Code>${code}</Code></Error>`).join('')}</DeleteResult>`,
  })

  it('tries the keys again that failed, and no others', async () => {
    const backend = await open()
    fake.fail('POST delete', withErrors(['ab/cd', 'InternalError']))
    await backend.delete(['ab/cc', 'ab/cd', 'ab/ce'])
    const [, second = assert.fail()] = fake.requests
    assert.deepEqual(
      [...String(second.body).matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key),
      ['test/ab/cd'],
    )
  })

  it('fails with the key that is refused', async () => {
    const backend = await open()
    fake.fail('POST delete', withErrors(['ab/cc', 'InternalError'], ['ab/cd', 'AccessDenied']))
    const error = await failure(() => backend.delete(['ab/cc', 'ab/cd']), 'PermissionDenied')
    assert.match(error.message, /ab\/cd in s3:.*allow s3:DeleteObject on its objects \(fake-bucket\)/)
  })

  it('of what is absent succeeds, also where the service says so', async () => {
    const backend = await open()
    fake.fail('POST delete', withErrors(['ab/cd', 'NoSuchKey']))
    await backend.delete(['ab/cd'])
    assert.equal(fake.requests.length, 1)
  })
})

describe('keys', () => {
  it.each(['a b+c%d/é//x', 'a b+c%d/é//x/', ' leading', '日本/ü&<>"\'', '~(!*)/='])(
    'under the prefix %j go there and come back',
    async (prefix) => {
      const backend = await open({ prefix })
      await backend.put('ab/cd', utf8('hello'), { size: 5 })
      const whole = prefix.endsWith('/') ? prefix : `${prefix}/`
      assert.deepEqual([...fake.objects.keys()], [`${whole}ab/cd`])
      assert.deepEqual(await backend.get('ab/cd'), utf8('hello'))
      assert.deepEqual(await backend.list(), { blobs: [{ key: 'ab/cd', size: 5 }] })
      await backend.delete(['ab/cd'])
      assert.equal(fake.objects.size, 0)
    },
  )

  it('of a prefix that another begins with are not seen by it', async () => {
    const [one, other] = [await open({ prefix: 'x' }), await open({ prefix: 'x1' })]
    await other.put('ab/cd', utf8('hello'), { size: 5 })
    assert.deepEqual(await one.list(), { blobs: [] })
    await S3Backend.drop({ ...options, prefix: 'x' })
    assert.deepEqual([...fake.objects.keys()], ['x1/ab/cd'])
  })

  it('that are no blobs are passed over, also where they fill a page', async () => {
    const backend = await open()
    for (const key of ['AA', 'AB', 'AC', 'ab/cd'])
      fake.objects.set(`test/${key}`, { bytes: Buffer.from('x'), etag: 'e', metadata: {} })
    assert.deepEqual(await backend.list({ limit: 2 }), { blobs: [{ key: 'ab/cd', size: 1 }] })
  })
})

describe('a probe', () => {
  it('tells how long a request takes, by two lists', async () => {
    const { location, rttMs } = await S3Backend.probe(options)
    assert.match(location, /^s3:\/\/fake-bucket\/test\//)
    assert.ok(rttMs > 0 && rttMs < 5_000)
    assert.deepEqual(fake.counts, { 'GET list': 2 })
  })
})

describe('drop', () => {
  it('removes blobs and the parts of uploads that were cut off, and refuses a whole bucket', async () => {
    const backend = await open()
    await backend.put('ab/cd', utf8('hello'), { size: 5 })
    fake.uploads.set('left', { key: 'test/ab/ce', parts: new Map(), metadata: {} })
    await S3Backend.drop(options)
    assert.deepEqual([fake.objects.size, fake.uploads.size], [0, 0])
    await failure(() => S3Backend.drop({ ...options, prefix: '' }), 'InvalidArgument')
  })
})

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000
  while (!isSo() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.ok(isSo())
}
