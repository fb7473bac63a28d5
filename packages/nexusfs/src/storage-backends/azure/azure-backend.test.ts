// Guards: storage-backends/azure/*.ts, storage-backends/object-store/*.ts

import assert from 'node:assert/strict'
import { afterAll, beforeEach, describe, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import { bytesOf, type Fault, failure, piecesOf } from '../object-store/faulty-server.test-fixture.ts'
import { AzureBackend } from './azure-backend.ts'
import { batchOf, FakeContainer, partBytes, refusal } from './azure-fake.test-fixture.ts'

const container = await FakeContainer.start()
const { fake, options, pauses } = container
const open = container.open.bind(container)

beforeEach(() => container.clear())
afterAll(() => container[Symbol.asyncDispose]())

const broken: Fault = { kind: 'lost reply' }

describe('what a call costs', () => {
  it('opening is one list; a small blob is one PUT, and comes back with one GET', async () => {
    const backend = await open()
    assert.deepEqual(backend.traffic, { requests: 1, retries: 0 })
    await backend.put('ab/cd', piecesOf(utf8('hello'), 2), { size: 5 })
    assert.deepEqual(fake.counts, { 'PUT blob': 1 })
    assert.deepEqual([...fake.blobs.keys()], ['test/ab/cd'])
    assert.deepEqual(await backend.get('ab/cd'), utf8('hello'))
    assert.deepEqual(fake.counts, { 'PUT blob': 1, 'GET blob': 1 })
    assert.deepEqual(backend.traffic, { requests: 3, retries: 0 })
  })

  it('256 deletes are one request, and one more is two', async () => {
    const backend = await open()
    const keys = Array.from({ length: 257 }, (_, index) => `ab/${1_000 + index}`)
    await backend.delete(keys.slice(1))
    assert.deepEqual(fake.counts, { 'POST batch': 1 })
    await backend.delete(keys)
    assert.deepEqual(fake.counts, { 'POST batch': 3 })
  })

  it('a stat is one HEAD, whether the blob is there or not', async () => {
    const backend = await open()
    await backend.put('ab/cd', utf8('hello'), { size: 5 })
    fake.reset()
    assert.deepEqual(await backend.stat(['ab/cd', 'ab/xy']), [{ size: 5 }, undefined])
    assert.deepEqual(fake.counts, { 'HEAD blob': 2 })
  })

  it('a page goes on with the mark of the one before; behind another key, from the beginning', async () => {
    const backend = await open()
    const keys = Array.from({ length: 2_100 }, (_, index) => `ab/${10_000 + index}`)
    for (const key of keys) fake.blobs.set(`test/${key}`, { bytes: Buffer.from('x'), etag: 'e' })
    const listed: string[] = []
    for (let after: string | undefined; ; ) {
      const page = await backend.list({ after })
      listed.push(...page.blobs.map(({ key }) => key))
      if (page.next === undefined) break
      after = page.next
    }
    assert.deepEqual(listed, keys)
    assert.deepEqual(fake.counts, { 'GET list': 3 })
    const other = await open()
    const page = await other.list({ after: keys[1_500] })
    assert.deepEqual(
      page.blobs.map(({ key }) => key),
      keys.slice(1_501, 2_000),
    )
    assert.deepEqual(fake.counts, { 'GET list': 2 })
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
    fake.fail('PUT blob', broken)
    await backend.put('ab/cd', utf8('hello'), { size: 5 })
    assert.deepEqual(fake.counts, { 'PUT blob': 2 })
    assert.equal(fake.writes.get('test/ab/cd'), 1)
  })

  it.each([
    ['503', refusal(503, 'ServerBusy')],
    ['500', refusal(500, 'InternalError')],
    ['500 of a time-out', refusal(500, 'OperationTimedOut')],
    ['429', refusal(429, 'TooManyRequests')],
    ['a 409 that says nothing of the blob', refusal(409, 'OperationNotAllowedInCurrentState')],
    ['bytes that were damaged', refusal(400, 'Md5Mismatch')],
    ['a page of a proxy', { kind: 'answer', status: 502, body: '<html>Bad gateway' }],
    ['a broken connection', broken],
  ] as const)('is tried again after %s, once and by us', async (_, fault) => {
    const backend = await open()
    fake.fail('PUT blob', fault)
    await backend.put('ab/cd', utf8('hello'), { size: 5 })
    assert.deepEqual(fake.counts, { 'PUT blob': 2 })
    assert.equal(backend.traffic.retries, 1)
  })

  it('waits as long as the service asks for, and gives up after five times', async () => {
    const backend = await open()
    fake.fail('PUT blob', ...Array.from({ length: 9 }, () => refusal(503, 'ServerBusy', '', { 'retry-after': '2' })))
    const error = await failure(() => backend.put('ab/cd', utf8('hello'), { size: 5 }), 'RateLimited')
    assert.equal(error.retry, 'exhausted')
    assert.deepEqual(fake.counts, { 'PUT blob': 5 })
    assert.deepEqual(pauses, [2_000, 2_000, 2_000, 2_000])
  })
})

describe('a body in blocks', () => {
  const size = 5 * partBytes + 1
  const bytes = bytesOf(size)

  it.each(['an array', 'pieces'])('comes back whole, put as %s: one request for each block, and one to commit', async (form) => {
    const backend = await open()
    await backend.put('ab/cd', form === 'pieces' ? piecesOf(bytes, 333) : bytes, { size })
    assert.deepEqual(fake.counts, { 'PUT block': 6, 'PUT blocklist': 1 })
    assert.deepEqual(await backend.get('ab/cd'), bytes)
  })

  it('is sent a few blocks at a time', async () => {
    const backend = await open()
    fake.fail('PUT block', ...Array.from({ length: 4 }, (): Fault => ({ kind: 'silence' })))
    const cancel = new AbortController()
    const putting = backend.put('ab/cd', bytes, { size, signal: cancel.signal })
    await until(() => fake.counts['PUT block'] === 4)
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(fake.counts['PUT block'], 4)
    cancel.abort()
    await failure(() => putting, 'Aborted')
    assert.equal(fake.blobs.size, 0)
  })

  it('sends a block again that did not arrive', async () => {
    const backend = await open()
    fake.fail('PUT block', broken, refusal(503, 'ServerBusy'), refusal(400, 'Md5Mismatch'))
    await backend.put('ab/cd', piecesOf(bytes, 100), { size })
    assert.deepEqual(await backend.get('ab/cd'), bytes)
    assert.equal(backend.traffic.retries, 3)
  })

  it('whose last answer was lost is stored once', async () => {
    const backend = await open()
    fake.fail('PUT blocklist', broken)
    await backend.put('ab/cd', bytes, { size })
    assert.equal(fake.counts['PUT blocklist'], 2)
    assert.equal(fake.writes.get('test/ab/cd'), 1)
  })

  it('is not mixed with another of the same key, whose blocks wait beside its own', async () => {
    const backend = await open()
    const { promise: isOver, resolve: goOn } = Promise.withResolvers<void>()
    const half = 2 * partBytes
    async function* slow() {
      yield bytes.slice(0, half)
      await isOver
      yield bytes.slice(half)
    }
    async function* breaking() {
      yield new Uint8Array(half)
      await until(() => fake.counts['PUT block'] === 4)
      throw new Error('gone')
    }
    const putting = backend.put('ab/cd', slow(), { size })
    await until(() => fake.counts['PUT block'] === 2)
    await failure(() => backend.put('ab/cd', breaking(), { size }), 'InvalidArgument')
    goOn()
    await putting
    assert.equal(Buffer.compare(await backend.get('ab/cd'), bytes), 0)
  })

  it('gives way to another of the same key that was faster', async () => {
    const backend = await open()
    const bodies = [bytesOf(size).fill(1), bytesOf(size).fill(2)]
    await Promise.all(bodies.map((body) => backend.put('ab/cd', piecesOf(body, 400), { size })))
    const stored = await backend.get('ab/cd')
    assert.ok(bodies.some((body) => Buffer.compare(body, stored) === 0))
  })

  it('whose blocks are gone is an error, never a hole', async () => {
    const backend = await open()
    fake.fail('PUT blocklist', refusal(400, 'InvalidBlockList'))
    const error = await failure(() => backend.put('ab/cd', bytes, { size }), 'Unavailable')
    assert.equal(error.retry, 'exhausted')
    assert.match(error.message, /lost a part of the upload .*write the blob again/)
    assert.equal(fake.blobs.size, 0)
  })

  it.each([
    ['too short', () => piecesOf(bytesOf(size - 1), 100)],
    ['too long', () => piecesOf(bytesOf(size + 1), 100)],
  ])('that is %s leaves nothing visible', async (_, body) => {
    const backend = await open()
    await failure(() => backend.put('ab/cd', body(), { size }), 'InvalidArgument')
    await backend.close()
    assert.equal(fake.blobs.size, 0)
  })
})

describe('a body that is read', () => {
  it('is read on from where it broke off, of the same version, and by us', async () => {
    const backend = await open()
    const bytes = bytesOf(900)
    await backend.put('ab/cd', bytes, { size: 900 })
    const etag = fake.blobs.get('test/ab/cd')?.etag
    fake.reset()
    fake.fail('GET blob', { kind: 'cut', after: 100 }, { kind: 'cut', after: 200 })
    assert.deepEqual(await backend.get('ab/cd'), bytes)
    assert.deepEqual(
      fake.requests.map(({ headers }) => [headers['x-ms-range'], headers['if-match']]),
      [
        [undefined, undefined],
        ['bytes=100-', etag],
        ['bytes=300-', etag],
      ],
    )
    assert.equal(backend.traffic.retries, 2)
  })

  it('and was replaced meanwhile is a conflict', async () => {
    const backend = await open()
    await backend.put('ab/cd', bytesOf(900), { size: 900 })
    fake.fail('GET blob', { kind: 'cut', after: 100 }, refusal(412, 'ConditionNotMet'))
    await failure(() => backend.get('ab/cd'), 'Conflict')
  })
})

describe('a delete', () => {
  it('tries the keys again that failed, and no others', async () => {
    const backend = await open()
    fake.fail('POST batch', { kind: 'answer', ...batchOf(['202', '503 ServerBusy', '404 BlobNotFound']) })
    await backend.delete(['ab/cc', 'ab/cd', 'ab/ce'])
    const [, second = assert.fail()] = fake.requests
    assert.deepEqual(
      [...String(second.body).matchAll(/^DELETE \S*(test\S+) HTTP/gm)].map(([, name = '']) => decodeURIComponent(name)),
      ['test/ab/cd'],
    )
  })

  it('fails with the key that is refused', async () => {
    const backend = await open()
    fake.fail('POST batch', { kind: 'answer', ...batchOf(['503 ServerBusy', '403 AuthorizationPermissionMismatch']) })
    const error = await failure(() => backend.delete(['ab/cc', 'ab/cd']), 'PermissionDenied')
    assert.match(error.message, /ab\/cd in azure:.*allow Delete on the container fake-container/)
  })

  it('of a container that is gone is not a success', async () => {
    const backend = await open()
    fake.fail('POST batch', { kind: 'answer', ...batchOf(['404 ContainerNotFound']) })
    await failure(() => backend.delete(['ab/cd']), 'InvalidConfig')
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
      assert.deepEqual([...fake.blobs.keys()], [`${whole}ab/cd`, `${whole}ab/ce`])
      assert.deepEqual(await backend.get('ab/cd'), utf8('hello'))
      assert.deepEqual(
        (await backend.list()).blobs.map(({ key }) => key),
        ['ab/cd', 'ab/ce'],
      )
      await backend.delete(['ab/cd', 'ab/ce'])
      assert.equal(fake.blobs.size, 0)
    },
  )

  it('of a prefix that another begins with are not seen by it', async () => {
    const [one, other] = [await open({ prefix: 'x' }), await open({ prefix: 'x1' })]
    await other.put('ab/cd', utf8('hello'), { size: 5 })
    assert.deepEqual(await one.list(), { blobs: [] })
    await AzureBackend.drop({ ...options, prefix: 'x' })
    assert.deepEqual([...fake.blobs.keys()], ['x1/ab/cd'])
    await failure(() => AzureBackend.drop({ ...options, prefix: '' }), 'InvalidArgument')
  })
})

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000
  while (!isSo() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.ok(isSo())
}
