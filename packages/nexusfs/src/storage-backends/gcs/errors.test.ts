// Guards: storage-backends/gcs/*.ts

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeEach, describe, it } from 'vitest'
import { isNexusError } from '../../core/errors.ts'
import { type Fault, failure } from '../object-store/faulty-server.test-fixture.ts'
import { toNexusError } from './errors.ts'
import { GCSBackend } from './gcs-backend.ts'
import { FakeBucket, refusal } from './gcs-fake.test-fixture.ts'
import { optionsOfUri, toGcsSettings } from './options.ts'
import { GcsFailure, GcsRequests } from './requests.ts'

const canary = 'canary-token'
const bucket = await FakeBucket.start()
const { fake, options, clock } = bucket
const backend = await bucket.open()
const folder = mkdtempSync(join(tmpdir(), 'nexus-gcs-'))

beforeEach(() => bucket.clear())
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await bucket[Symbol.asyncDispose]()
})

/** In no text of it, nor of what it was caused by. */
function holdsNoSecret(error: unknown): void {
  const text = inspect(error, { depth: 20, showHidden: true, maxStringLength: null })
  assert.doesNotMatch(text, /canary/)
}

const page = (status: number, body: string): Fault => ({ kind: 'answer', status, body })

describe('opening says what is wrong, and what to do', () => {
  it.each([
    ['a bucket that is not there', refusal(404, 'notFound', canary), 'InvalidConfig', /no such bucket .*make it, or correct/],
    [
      'a missing right',
      refusal(403, 'forbidden', canary),
      'PermissionDenied',
      /allow storage.objects.list on the bucket fake-bucket/,
    ],
    [
      'no credentials',
      refusal(401, 'required', canary),
      'PermissionDenied',
      /asks for credentials .*GOOGLE_APPLICATION_CREDENTIALS/,
    ],
    ['a token that has expired', refusal(401, 'authError', canary), 'PermissionDenied', /have expired .*gcloud auth/],
    ['a closed account', refusal(403, 'accountDisabled', canary), 'PermissionDenied', /check the billing/],
    ['a bucket that charges who asks', refusal(400, 'userProjectMissing'), 'InvalidConfig', /requester pays/],
    ['a page that is not Google', page(200, '<html>Welcome'), 'InvalidConfig', /does not speak.*check the endpoint/],
    ['a page that refuses', page(400, 'what?'), 'InvalidConfig', /does not speak.*check the endpoint/],
    ['a service that cannot list', refusal(501, 'notImplemented'), 'Unsupported', /is the endpoint the right one/],
    ['an answer that repeats secrets', refusal(418, 'teapot', `I saw ${canary}`), 'Unexpected', /I saw \*\*\*/],
  ] as const)('%s', async (_, fault, code, text) => {
    fake.fail('GET list', fault)
    const error = await failure(() => GCSBackend.open(options), code)
    assert.match(error.message, text)
    assert.equal(error.operation, 'storage.open')
    assert.equal(fake.requests.length, 1, 'it is not tried again')
    holdsNoSecret(error)
  })

  it('an endpoint where nothing answers', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    await new Promise((resolve) => server.close(resolve))
    const apiEndpoint = `http://127.0.0.1:${port}`
    const error = await failure(() => GCSBackend.open({ ...options, apiEndpoint }, { retry: { clock } }), 'Unavailable')
    assert.match(error.message, /nothing answers at the endpoint .*check the endpoint/)
    holdsNoSecret(error)
  })

  it('TLS to a port that speaks none', async () => {
    const apiEndpoint = fake.endpoint.replace('http:', 'https:')
    const error = await failure(() => GCSBackend.open({ ...options, apiEndpoint }, { retry: { clock } }), 'InvalidConfig')
    assert.match(error.message, /TLS with the endpoint failed .*write http:\/\//)
  })

  it('a redirect is not followed: the token would go with it', async () => {
    fake.fail('GET list', { kind: 'answer', status: 302, headers: { location: `${fake.endpoint}/storage/v1/b/fake-bucket/o` } })
    await failure(() => GCSBackend.open(options), 'Unexpected')
    assert.equal(fake.requests.length, 1)
  })
})

describe('the credentials of the environment', () => {
  const open = async (content: string | undefined): Promise<unknown> => {
    const [path, before] = [join(folder, 'key.json'), process.env.GOOGLE_APPLICATION_CREDENTIALS]
    if (content !== undefined) writeFileSync(path, content)
    process.env.GOOGLE_APPLICATION_CREDENTIALS = content === undefined ? join(folder, 'missing.json') : path
    try {
      const requests = await GcsRequests.open(toGcsSettings({ bucket: 'a-bucket' }, {}))
      await requests.send({ method: 'GET', path: '/', signal: AbortSignal.timeout(5_000) })
    } catch (error) {
      const settings = toGcsSettings({ bucket: 'a-bucket' }, {})
      return toNexusError(error, { operation: 'storage.open' }, settings, [])
    } finally {
      if (before === undefined) delete process.env.GOOGLE_APPLICATION_CREDENTIALS
      else process.env.GOOGLE_APPLICATION_CREDENTIALS = before
    }
    return assert.fail('it did not fail')
  }

  it.each([
    ['a file that is not there', undefined],
    ['a file that is not JSON', 'private_key: canary'],
    ['a file of another kind', '{"type":"canary"}'],
    ['a key that is not one', '{"type":"service_account","client_email":"a@b","private_key":"canary"}'],
  ])('%s is said so, without what is in it', async (_, content) => {
    const error = await open(content)
    assert.ok(isNexusError(error, 'InvalidConfig'), String(error))
    assert.match(error.message, /no credentials were found .*set GOOGLE_APPLICATION_CREDENTIALS to the key file/)
    holdsNoSecret(error)
  })

  it('that were withdrawn are to be renewed', () => {
    const settings = toGcsSettings({ bucket: 'a-bucket' }, {})
    const error = toNexusError(new GcsFailure('invalid_grant', 'x'), { operation: 'storage.put' }, settings, [])
    assert.equal(error.code, 'PermissionDenied')
    assert.match(error.message, /gcloud auth application-default login/)
  })

  it('are sent to hosts of Google alone, and a token of the options to the endpoint', async () => {
    await using without = await GCSBackend.open({ ...options, token: undefined })
    assert.equal(fake.requests[0]?.headers.authorization, undefined)
    await backend.list()
    assert.equal(fake.requests[1]?.headers.authorization, `Bearer ${canary}`)
    holdsNoSecret([without.info, backend.info])
    for (const [apiEndpoint, isGoogles] of [
      ['https://storage.googleapis.com', true],
      ['https://storage-eu.p.googleapis.com', true],
      ['http://storage.googleapis.com', false],
      ['https://googleapis.com.evil.example', false],
      ['https://xgoogleapis.com', false],
    ] as const) {
      assert.equal(toGcsSettings({ bucket: 'a-bucket', apiEndpoint }, {}).isGoogles, isGoogles, apiEndpoint)
    }
  })
})

describe('each call names the right that it lacks', () => {
  it.each([
    ['put', 'POST multipart', () => backend.put('ab/cd', new Uint8Array(1), { size: 1 }), /allow storage.objects.create/],
    ['get', 'GET media', () => backend.get('ab/cd'), /allow storage.objects.get and storage.objects.list/],
    ['stat', 'GET object', () => backend.stat(['ab/cd']), /allow storage.objects.get/],
    ['list', 'GET list', () => backend.list(), /allow storage.objects.list/],
  ] as const)('%s', async (_, request, call, text) => {
    fake.fail(request, refusal(403, 'forbidden', canary))
    const error = await failure(call, 'PermissionDenied')
    assert.match(error.message, text)
    holdsNoSecret(error)
  })
})

describe('a blob is missing only if its bucket is there', () => {
  it.each([
    ['stat', 'GET object', () => backend.stat(['ab/cd'])],
    ['get', 'GET media', () => backend.get('ab/cd')],
  ] as const)('for %s', async (_, request, call) => {
    fake.fail(request, refusal(404, 'notFound'))
    fake.fail('GET list', refusal(404, 'notFound'))
    await failure(call, 'InvalidConfig')
  })
})

describe('what is refused before any request', () => {
  it.each([
    ['gs://user:canary-secret@bucket', /holds a user or a password/],
    ['gs://bucket?secret=canary-secret', /has the parameter "secret".*known: apiEndpoint/],
    ['gs://bucket?apiEndpoint=http://me:canary-secret@host', /endpoint holds a user or a password/],
    ['gs://bucket?apiEndpoint=canary-secret', /endpoint is not a URL/],
    ['gs://b', /name of the bucket is not one/],
    ['gs://bucket/100%', /write % as %25/],
    ['gs://bucket/a/../b', /segment of dots/],
  ])('%s', (uri, text) => {
    assert.throws(
      () => toGcsSettings(optionsOfUri(uri, {}), {}),
      (error) => {
        assert.ok(isNexusError(error, 'InvalidConfig'))
        assert.match(error.message, text)
        holdsNoSecret(error)
        return true
      },
    )
  })

  it('a bare URI without a bucket in the environment', () => {
    assert.throws(() => optionsOfUri('gs:', {}), /set GCS_BUCKET, or write gs:\/\/BUCKET/)
  })
})

describe('a URI', () => {
  it.each([
    ['gs:', { GCS_BUCKET: 'one' }, 'gs://one'],
    ['gs://two', { GCS_BUCKET: 'one' }, 'gs://two'],
    ['gs://two/a%20b+c%25/é//x', {}, 'gs://two/a%20b+c%25/%C3%A9//x/'],
    ['gs://two', { STORAGE_EMULATOR_HOST: 'h:1' }, 'gs://two?apiEndpoint=http%3A%2F%2Fh%3A1'],
    ['gs://two?apiEndpoint=http://i:2', { STORAGE_EMULATOR_HOST: 'http://h:1' }, 'gs://two?apiEndpoint=http%3A%2F%2Fi%3A2'],
  ])('%s with %j is %s', (uri, env, location) => {
    assert.equal(toGcsSettings(optionsOfUri(uri, env), {}).location, location)
    assert.equal(toGcsSettings(optionsOfUri(location, {}), {}).location, location, 'and can be written so')
  })
})
