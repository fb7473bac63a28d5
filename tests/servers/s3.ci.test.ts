// Guards: storage-backends/s3/*.ts, storage-backends/object-store/*.ts, registry/*.ts

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { openNexus } from 'nexusfs'
import { S3Backend, type S3BackendOptions } from 'nexusfs/s3'
import { afterAll, describe, it } from 'vitest'
import { runNexus, temporaryFolder } from '../../packages/cli/src/testing/run-nexus.ts'
import { requireOrSkip } from '../../services/require-or-skip.ts'

const service = await requireOrSkip('s3')
const { PATH = '', HOME = '' } = process.env
const env: Readonly<Record<string, string>> = { ...service?.env, PATH, HOME }
const { AWS_BUCKET: bucket = '', AWS_ENDPOINT_URL: endpoint = '', AWS_REGION: region = 'us-west-2' } = env
const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = env
const prefix = `nexus-test-${randomBytes(6).toString('hex')}`
const options: S3BackendOptions = { bucket, endpoint, region, prefix, credentials: { accessKeyId, secretAccessKey } }
const folder = temporaryFolder()

afterAll(async () => {
  folder[Symbol.dispose]()
  if (service !== undefined) await S3Backend.drop(options)
})

function nexus(argv: readonly string[], changes: Readonly<Record<string, string>> = {}) {
  return runNexus(['--no-config', ...argv], { cwd: folder.path, env: { ...env, ...changes } })
}

const content = 'x'.repeat(300_000)

describe.skipIf(service === undefined)('a store with its blobs in S3', () => {
  it('is made by URI, and read by another client that names it', async () => {
    const target = { storage: `s3://${bucket}/${prefix}/one`, metadata: `sqlite:${folder.path}/one.db` }
    const settings = { config: false, env, author: 'ann' } as const
    {
      await using store = await openNexus({ ...target, ...settings })
      await store.write('/a', content)
      assert.equal(store.info.storage.durability, 'replicated')
    }
    await using again = await openNexus({ ...target, ...settings, create: false })
    assert.equal(await again.readText('/a'), content)
    await using backend = await S3Backend.open({ ...options, prefix: `${prefix}/one` })
    const { blobs } = await backend.list()
    assert.ok(blobs.some(({ size }) => size === 300_000))
  })

  it.each(['a b+c%25/é//x', 'a b+c%25/é//x/', '日本'])('may have the prefix %s, which another may begin with', async (text) => {
    const [one, other] = [`s3://${bucket}/${prefix}/${text}`, `s3://${bucket}/${prefix}/${text}1`]
    const decoded = decodeURIComponent(text)
    for (const [name, storage] of [['one', one] as const, ['other', other] as const]) {
      await using store = await openNexus({
        storage,
        metadata: `sqlite:${folder.path}/${Buffer.from(text).toString('hex')}-${name}.db`,
        config: false,
        env,
        author: 'ann',
      })
      await store.write('/a', content)
      assert.equal(await store.readText('/a'), content)
    }
    await using backend = await S3Backend.open({ ...options, prefix: `${prefix}/${decoded}` })
    const keys = (await backend.list()).blobs.map(({ key }) => key)
    assert.equal(keys.filter((key) => !key.includes('witness')).length, 1)
    await backend.delete(keys)
    assert.deepEqual(await backend.list(), { blobs: [] })
    await using neighbour = await S3Backend.open({ ...options, prefix: `${prefix}/${decoded}1` })
    assert.ok((await neighbour.list()).blobs.length > 0)
  })

  it('is used by the command, in the bucket of the environment where the URI names none', async () => {
    const layers = ['--storage', `s3:///${prefix}/cli`, '--metadata', 'sqlite:cli.db']
    assert.equal((await nexus(['init', ...layers])).code, 0)
    assert.equal((await nexus(['write', '/a', '--text', content, ...layers])).code, 0)
    assert.equal((await nexus(['cat', '/a', ...layers])).stdout, content)
  })
})

describe.skipIf(service === undefined)('the real server refuses', () => {
  const failure = async (changes: Partial<S3BackendOptions>): Promise<unknown> =>
    S3Backend.open({ ...options, ...changes }).then(
      (backend) => backend.close(),
      (error: unknown) => error,
    )

  it.each([
    ['a bucket that is not there', { bucket: 'nexus-no-such-bucket' }, 'InvalidConfig', /no such bucket/],
    [
      'a wrong secret',
      { credentials: { accessKeyId, secretAccessKey: 'canary-secret' } },
      'PermissionDenied',
      /secret does not belong/,
    ],
    [
      'an unknown key',
      { credentials: { accessKeyId: 'AKIACANARY', secretAccessKey: 'canary-secret' } },
      'PermissionDenied',
      /does not know/,
    ],
  ])('%s, without a secret in what is said', async (_, changes, code, text) => {
    const error = await failure(changes)
    assert.ok(error instanceof Error && 'code' in error, String(error))
    assert.equal(error.code, code)
    assert.match(error.message, text)
    const shown = inspect(error, { depth: 20, showHidden: true })
    for (const secret of [accessKeyId, secretAccessKey, 'canary-secret', 'AKIACANARY'])
      assert.equal(shown.includes(secret), false)
  })

  it('and no output of the command shows the credentials', async () => {
    const wrong = { AWS_SECRET_ACCESS_KEY: 'canary-secret', AWS_SESSION_TOKEN: 'canary-token' }
    const layers = ['--storage', `s3://${bucket}/${prefix}/canary`, '--metadata', 'sqlite:canary.db']
    const lines = [
      ['init', ...layers],
      ['ls', '--verbose', ...layers],
      ['ls', '--json', ...layers],
      ['bench', 'list', 'combos'],
    ]
    for (const line of [...lines, ['bench', 'list', 'env'], ['bench', 'list', 'combos', '--json']]) {
      for (const changes of [{}, wrong]) {
        const { stdout, stderr } = await nexus(line, changes)
        for (const secret of [accessKeyId, secretAccessKey, 'canary-secret', 'canary-token']) {
          assert.equal(`${stdout}${stderr}`.includes(secret), false, line.join(' '))
        }
      }
    }
  })
})

describe.skipIf(service === undefined)('the benchmarks', () => {
  it('combine s3 with each metadata store, and say what is missing', async () => {
    const listed = async (changes: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, string>> => {
      const rows = JSON.parse((await nexus(['bench', 'list', 'combos', '--json'], changes)).stdout)
      return new Map(rows.map(({ id, status, detail }: Record<string, string>) => [id, `${status} ${detail}`]))
    }
    const here = await listed({})
    assert.match(here.get('s3-sqlite') ?? '', /^ready /)
    assert.match(here.get('s3-postgres') ?? '', /^skipped .*set NEXUS_DATABASE_URL or POSTGRES_URL/)
    assert.match(here.get('s3-redis') ?? '', /^skipped .*set REDIS_URL/)
    assert.match((await listed({ AWS_BUCKET: '' })).get('s3-sqlite') ?? '', /^skipped .*set AWS_BUCKET/)
  })

  it('run on s3-sqlite, and leave nothing in the bucket', async () => {
    const run = [
      'bench',
      'run',
      'small/write',
      'small/read',
      '--combos',
      's3-sqlite',
      '--budget',
      '10s',
      '--rounds',
      '1',
      '--json',
      'run.json',
    ]
    const { code, stderr } = await nexus(run)
    assert.equal(code, 0, stderr)
    await using whole = await S3Backend.open({ ...options, prefix: '' })
    const left = (await whole.list({ prefix: 'nexus-b' })).blobs
    assert.deepEqual(left, [])
  })
})
