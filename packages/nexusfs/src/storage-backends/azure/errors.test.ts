// Guards: storage-backends/azure/*.ts

import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { inspect } from 'node:util'
import { afterAll, beforeEach, describe, it } from 'vitest'
import { isNexusError } from '../../core/errors.ts'
import { type Fault, failure } from '../object-store/faulty-server.test-fixture.ts'
import { AzureBackend } from './azure-backend.ts'
import { canaryKey, FakeContainer, refusal } from './azure-fake.test-fixture.ts'
import { toNexusError } from './errors.ts'
import { optionsOfUri, toAzureSettings } from './options.ts'

const container = await FakeContainer.start()
const { fake, options, clock } = container
const backend = await container.open()

beforeEach(() => container.clear())
afterAll(() => container[Symbol.asyncDispose]())

/** In no text of it, nor of what it was caused by. */
function holdsNoSecret(error: unknown): void {
  const text = inspect(error, { depth: 20, showHidden: true, maxStringLength: null })
  for (const secret of [canaryKey, 'canary']) assert.ok(!text.includes(secret), `${secret} is in ${text}`)
}

const page = (status: number, body: string): Fault => ({ kind: 'answer', status, body })

describe('opening says what is wrong, and what to do', () => {
  it.each([
    [
      'a container that is not there',
      refusal(404, 'ContainerNotFound'),
      'InvalidConfig',
      /no such container .*make it, or correct/,
    ],
    ['a wrong key', refusal(403, 'AuthenticationFailed'), 'PermissionDenied', /is refused .*AZURE_STORAGE_CONNECTION_STRING/],
    ['a token that has expired', refusal(401, 'InvalidAuthenticationInfo'), 'PermissionDenied', /have expired .*az login/],
    ['no credentials', refusal(401, 'NoAuthenticationInformation'), 'PermissionDenied', /asks for credentials/],
    [
      'a missing right',
      refusal(403, 'AuthorizationPermissionMismatch'),
      'PermissionDenied',
      /allow List on the container fake-container, as "Storage Blob Data Contributor"/,
    ],
    ['a firewall', refusal(403, 'AuthorizationFailure'), 'PermissionDenied', /firewall of the account/],
    ['a name that is not one', refusal(400, 'InvalidResourceName'), 'InvalidConfig', /write lower-case letters/],
    ['a page that is not Azure', page(200, '<html><p>Welcome</html>'), 'InvalidConfig', /does not speak.*check the endpoint/],
    ['a page that refuses', page(404, 'what?'), 'InvalidConfig', /does not speak.*check the endpoint/],
    ['an answer that repeats secrets', refusal(418, 'Teapot', `I saw ${canaryKey}`), 'Unexpected', /I saw \*\*\*/],
  ] as const)('%s', async (_, fault, code, text) => {
    fake.fail('GET list', fault)
    const error = await failure(() => AzureBackend.open(options), code)
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
    const connectionString = fake.connectionString.replace(fake.endpoint, `http://127.0.0.1:${port}`)
    const error = await failure(() => AzureBackend.open({ ...options, connectionString }, { retry: { clock } }), 'Unavailable')
    assert.match(error.message, /nothing answers at the endpoint .*check the endpoint/)
    holdsNoSecret(error)
  })

  it('TLS to a port that speaks none', async () => {
    const connectionString = fake.connectionString.replaceAll('http:', 'https:')
    const error = await failure(() => AzureBackend.open({ ...options, connectionString }, { retry: { clock } }), 'InvalidConfig')
    assert.match(error.message, /TLS with the endpoint failed .*write http:\/\//)
    holdsNoSecret(error)
  })

  it.each(['AccountName=fakeaccount;AccountKey=canary', 'AccountName=fakeaccount;BlobEndpoint=canary;AccountKey=canary'])(
    'the connection string %s',
    async (connectionString) => {
      const error = await failure(() => AzureBackend.open({ ...options, connectionString }), 'InvalidConfig')
      assert.match(error.message, /the connection string is not one; copy AZURE_STORAGE_CONNECTION_STRING/)
      holdsNoSecret(error)
    },
  )

  it.each([
    ['CredentialUnavailableError', 'InvalidConfig', /no credentials were found .*az login/],
    ['AggregateAuthenticationError', 'InvalidConfig', /no credentials were found/],
    ['AuthenticationError', 'PermissionDenied', /have expired or are not valid/],
  ])('what the package for credentials calls %s', (name, code, text) => {
    const thrown = Object.assign(new Error('no'), { name })
    const error = toNexusError(thrown, { operation: 'storage.open' }, toAzureSettings(options, {}))
    assert.equal(error.code, code)
    assert.match(error.message, text)
  })
})

describe('each call names the right that it lacks', () => {
  it.each([
    ['put', 'PUT blob', () => backend.put('ab/cd', new Uint8Array(1), { size: 1 }), /allow Create and Write/],
    ['get', 'GET blob', () => backend.get('ab/cd'), /allow Read/],
    ['stat', 'HEAD blob', () => backend.stat(['ab/cd']), /allow Read/],
    ['list', 'GET list', () => backend.list(), /allow List/],
  ] as const)('%s', async (_, request, call, text) => {
    fake.fail(request, refusal(403, 'AuthorizationPermissionMismatch', canaryKey))
    const error = await failure(call, 'PermissionDenied')
    assert.match(error.message, text)
    holdsNoSecret(error)
  })
})

describe('a blob is missing only if its container is there', () => {
  it.each([
    ['stat', 'HEAD blob', () => backend.stat(['ab/cd'])],
    ['get', 'GET blob', () => backend.get('ab/cd')],
  ] as const)('for %s', async (_, request, call) => {
    fake.fail(request, refusal(404, 'ContainerNotFound'))
    await failure(call, 'InvalidConfig')
  })
})

describe('what is refused before any request', () => {
  const env = { AZURE_STORAGE_ACCOUNT: 'fromenv' }

  it.each([
    ['azure://user:canary-secret@container', /holds a user or a password/],
    ['azure://container?AccountKey=canary-secret', /has the parameter "AccountKey".*known: account, endpoint/],
    ['azure://container?endpoint=http://me:canary-secret@host', /endpoint holds a user or a password/],
    ['azure://container?endpoint=https://host/?sig=canary-secret', /endpoint has parameters/],
    ['azure://c', /name of the bucket is not one/],
    ['azure://container/100%', /write % as %25/],
    ['azure://container/a/../b', /segment of dots/],
    ['azure://container?account=Canary', /no storage account is named/],
  ])('%s', (uri, text) => {
    assert.throws(
      () => toAzureSettings(optionsOfUri(uri, env), {}),
      (error) => {
        assert.ok(isNexusError(error, 'InvalidConfig'))
        assert.match(error.message, text)
        holdsNoSecret(error)
        return true
      },
    )
  })

  it('what the environment does not fill in', () => {
    assert.throws(() => optionsOfUri('azure:', {}), /set AZURE_CONTAINER, or write azure:\/\/CONTAINER/)
    assert.throws(
      () => toAzureSettings({ container: 'one' }, {}),
      /set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT/,
    )
  })
})

describe('a URI', () => {
  const connection = `DefaultEndpointsProtocol=https;AccountName=acc1;AccountKey=${canaryKey};EndpointSuffix=core.windows.net`
  const signed = 'BlobEndpoint=https://acc2.blob.core.windows.net/;SharedAccessSignature=sv=2025-01-01&sig=canary-signature-of-it'

  it.each([
    ['azure:', { AZURE_CONTAINER: 'one', AZURE_STORAGE_ACCOUNT: 'acc' }, 'azure://one?account=acc', false],
    ['azure://two', { AZURE_STORAGE_CONNECTION_STRING: connection }, 'azure://two?account=acc1', true],
    ['azure://two', { AZURE_STORAGE_CONNECTION_STRING: signed }, 'azure://two?account=acc2', true],
    ['azure://two?account=acc1', { AZURE_STORAGE_CONNECTION_STRING: connection }, 'azure://two?account=acc1', true],
    ['azure://two?account=other', { AZURE_STORAGE_CONNECTION_STRING: connection }, 'azure://two?account=other', false],
    ['azure://two/a%20b+c%25/é//x', { AZURE_STORAGE_ACCOUNT: 'acc' }, 'azure://two/a%20b+c%25/%C3%A9//x/?account=acc', false],
  ] as const)('%s with %j is %s', (uri, env, location, isKeyed) => {
    const settings = toAzureSettings(optionsOfUri(uri, env), env)
    assert.equal(settings.location, location)
    assert.equal(settings.connectionString !== undefined, isKeyed)
    assert.equal(toAzureSettings(optionsOfUri(location, env), env).location, location, 'and can be written so')
  })

  it('is shown without the credentials', () => {
    assert.equal(backend.info.location, 'azure://fake-container/test/?account=fakeaccount')
    holdsNoSecret(backend.info)
  })

  it('keeps the signature of an account out of every text', () => {
    const settings = toAzureSettings({ container: 'two', connectionString: signed }, {})
    const error = toNexusError(new Error('at ?sig=canary-signature-of-it'), { operation: 'storage.get' }, settings)
    assert.doesNotMatch(error.message, /canary/)
    assert.deepEqual(settings.secrets, ['canary-signature-of-it'])
  })
})
