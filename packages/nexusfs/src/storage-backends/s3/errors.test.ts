import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { inspect } from 'node:util'
import { afterAll, beforeEach, describe, it } from 'vitest'
import { isNexusError, type NexusError } from '../../core/errors.ts'
import { optionsOfUri, type S3BackendOptions, toS3Settings } from './options.ts'
import { S3Backend } from './s3-backend.ts'
import { type Fault, fakeBucket, refusal, S3Fake } from './s3-fake.test-fixture.ts'

const canaries = ['AKIACANARY', 'canary-secret', 'canary-token']
const [accessKeyId = '', secretAccessKey = '', sessionToken] = canaries
const fake = await S3Fake.start()
const options: S3BackendOptions = {
  bucket: fakeBucket,
  prefix: 'test',
  endpoint: fake.endpoint,
  region: 'eu-central-1',
  credentials: { accessKeyId, secretAccessKey, sessionToken },
}
const clock = { sleep: async () => {} }
const backend = await S3Backend.open(options, { retry: { clock } })

beforeEach(() => fake.reset())
afterAll(async () => {
  await backend.close()
  await fake[Symbol.asyncDispose]()
})

async function failure(work: () => Promise<unknown>): Promise<NexusError> {
  try {
    await work()
  } catch (error) {
    if (isNexusError(error)) return error
    throw error
  }
  return assert.fail('it did not fail')
}

/** In no text of it, nor of what it was caused by. */
function holdsNoSecret(error: unknown): void {
  const text = inspect(error, { depth: 20, showHidden: true, maxStringLength: null })
  for (const canary of canaries) assert.ok(!text.includes(canary), `${canary} is in ${text}`)
}

/** With what such answers repeat of the request. */
const repeated = `<AWSAccessKeyId>${accessKeyId}</AWSAccessKeyId><StringToSign>${canaries.join(' ')}</StringToSign>`
const xml = (status: number, code: string, details = ''): Fault => refusal(status, code, details + repeated)

describe('opening says what is wrong, and what to do', () => {
  it.each([
    [
      'a bucket that is not there',
      xml(404, 'NoSuchBucket'),
      'InvalidConfig',
      /no such bucket .*make it, or correct its name or the endpoint/,
    ],
    ['a missing right', xml(403, 'AccessDenied'), 'PermissionDenied', /allow s3:ListBucket on the bucket \(fake-bucket\)/],
    [
      'an unknown access key',
      xml(403, 'InvalidAccessKeyId'),
      'PermissionDenied',
      /does not know the access key .*check AWS_ACCESS_KEY_ID/,
    ],
    ['a wrong secret', xml(403, 'SignatureDoesNotMatch'), 'PermissionDenied', /secret does not belong to the access key/],
    ['credentials that have expired', xml(400, 'ExpiredToken'), 'PermissionDenied', /have expired .*renew them/],
    ['a session token that is not valid', xml(400, 'InvalidToken'), 'PermissionDenied', /AWS_SESSION_TOKEN/],
    [
      'another region',
      xml(400, 'AuthorizationHeaderMalformed', '<Region>ap-south-1</Region>'),
      'InvalidConfig',
      /set region=ap-south-1, not eu-central-1/,
    ],
    [
      'another region, by redirect',
      refusal(301, 'PermanentRedirect', '', { 'x-amz-bucket-region': 'us-east-2' }),
      'InvalidConfig',
      /set region=us-east-2/,
    ],
    [
      'a page that is no S3',
      { kind: 'answer', status: 200, body: '<html><p>Welcome</html>' },
      'InvalidConfig',
      /does not speak S3.*check the endpoint/,
    ],
    [
      'a page that is not there',
      { kind: 'answer', status: 404, body: 'not here' },
      'InvalidConfig',
      /does not speak S3.*check the endpoint/,
    ],
    ['a service that cannot list', xml(501, 'NotImplemented'), 'Unsupported', /is the endpoint the right one/],
    ['a server error that repeats secrets', xml(418, canaries.join(' ')), 'Unexpected', /\*\*\*/],
  ] as const)('%s', async (_, fault, code, text) => {
    fake.fail('GET list', fault)
    const error = await failure(() => S3Backend.open(options))
    assert.match(error.message, text)
    assert.equal(error.code, code)
    assert.equal(error.operation, 'storage.open')
    assert.equal(fake.requests.length, 1, 'it is not tried again')
    holdsNoSecret(error)
  })

  it('a clock that differs: the client goes by that of the service, and says so if that is not enough', async () => {
    const later = new Date(Date.now() + 3_600_000)
    const skewed = refusal(403, 'RequestTimeTooSkewed', repeated, { date: later.toUTCString() })
    fake.fail('GET list', skewed)
    await using _ = await S3Backend.open(options, { retry: { clock } })
    const [first, second] = fake.requests.map(({ headers }) => String(headers['x-amz-date']).slice(0, 11))
    assert.notEqual(first, second)
    assert.equal(second, later.toISOString().replaceAll('-', '').slice(0, 11))
    fake.fail('GET list', ...Array.from({ length: 9 }, () => skewed))
    const error = await failure(() => S3Backend.open(options, { retry: { clock } }))
    assert.equal(error.code, 'InvalidConfig')
    assert.match(error.message, /set the clock of this machine/)
    holdsNoSecret(error)
  })

  it('an endpoint where nothing answers', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    await new Promise((resolve) => server.close(resolve))
    const error = await failure(() => S3Backend.open({ ...options, endpoint: `http://127.0.0.1:${port}` }, { retry: { clock } }))
    assert.deepEqual([error.code, error.retry], ['Unavailable', 'exhausted'])
    assert.match(error.message, /nothing answers at the endpoint .*check the endpoint/)
    holdsNoSecret(error)
  })

  it('TLS to a port that speaks none', async () => {
    const error = await failure(() =>
      S3Backend.open({ ...options, endpoint: fake.endpoint.replace('http:', 'https:') }, { retry: { clock } }),
    )
    assert.equal(error.code, 'InvalidConfig')
    assert.match(error.message, /TLS with the endpoint failed .*write http:\/\//)
  })
})

describe('each call names the right that it lacks', () => {
  it.each([
    ['put', 'PUT object', () => backend.put('ab/cd', new Uint8Array(1), { size: 1 }), /allow s3:PutObject/],
    ['get', 'GET object', () => backend.get('ab/cd'), /allow s3:GetObject on its objects, and s3:ListBucket/],
    ['stat', 'GET object', () => backend.stat(['ab/cd']), /allow s3:GetObject/],
    ['list', 'GET list', () => backend.list(), /allow s3:ListBucket/],
  ] as const)('%s', async (_, request, call, text) => {
    fake.fail('HEAD object', { kind: 'answer', status: 403 })
    fake.fail(request, xml(403, 'AccessDenied'))
    const error = await failure(call)
    assert.equal(error.code, 'PermissionDenied')
    assert.match(error.message, text)
    holdsNoSecret(error)
  })
})

describe('a blob is missing only if the service says so of the blob', () => {
  it('and not of its bucket', async () => {
    fake.fail('HEAD object', { kind: 'answer', status: 404 })
    fake.fail('GET object', xml(404, 'NoSuchBucket'), xml(404, 'NoSuchBucket'))
    assert.equal((await failure(() => backend.stat(['ab/cd']))).code, 'InvalidConfig')
    assert.equal((await failure(() => backend.get('ab/cd'))).code, 'InvalidConfig')
  })
})

describe('what is refused before any request', () => {
  const env = { AWS_BUCKET: 'from-env', AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }

  it.each([
    ['s3://user:canary-secret@bucket', /holds a user or a password/],
    ['s3://bucket?secret=canary-secret', /has the parameter "secret".*known: region, endpoint/],
    ['s3://bucket?endpoint=http://me:canary-secret@host', /endpoint holds a user or a password/],
    ['s3://bucket?endpoint=canary-secret', /endpoint is not a URL/],
    ['s3://b', /name of the bucket is not one/],
    ['s3://bucket/100%', /write % as %25/],
    ['s3://bucket/a/../b', /segment of dots/],
    ['s3://bucket?region=canary secret', /region is not the name of one/],
  ])('%s', (uri, text) => {
    assert.throws(
      () => toS3Settings(optionsOfUri(uri, env), {}),
      (error) => {
        assert.ok(isNexusError(error, 'InvalidConfig'))
        assert.match(error.message, text)
        holdsNoSecret(error)
        return true
      },
    )
  })

  it('a bare URI without a bucket in the environment', () => {
    assert.throws(() => optionsOfUri('s3:', {}), /set AWS_BUCKET, or write s3:\/\/BUCKET/)
  })
})

describe('a URI', () => {
  it.each([
    ['s3:', { AWS_BUCKET: 'one', AWS_REGION: 'eu-west-1' }, 's3://one?region=eu-west-1'],
    ['s3:?region=x-1', { AWS_BUCKET: 'one' }, 's3://one?region=x-1'],
    ['s3://two', { AWS_BUCKET: 'one' }, 's3://two?region=us-west-2'],
    ['s3://two/a%20b+c%25/é//x', {}, 's3://two/a%20b+c%25/%C3%A9//x/?region=us-west-2'],
    ['s3://two/a b', { AWS_ENDPOINT_URL: 'http://h:1' }, 's3://two/a%20b/?region=us-west-2&endpoint=http%3A%2F%2Fh%3A1'],
    ['s3://two?endpoint=http://i:2', { AWS_ENDPOINT_URL: 'http://h:1' }, 's3://two?region=us-west-2&endpoint=http%3A%2F%2Fi%3A2'],
  ])('%s with %j is %s', (uri, env, location) => {
    assert.equal(toS3Settings(optionsOfUri(uri, env), {}).location, location)
    assert.equal(toS3Settings(optionsOfUri(location, {}), {}).location, location, 'and can be written so')
  })

  it('is shown without the credentials', () => {
    assert.equal(
      backend.info.location,
      `s3://${fakeBucket}/test/?${new URLSearchParams({ region: 'eu-central-1', endpoint: fake.endpoint })}`,
    )
    holdsNoSecret(backend.info)
  })
})
