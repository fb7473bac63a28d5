// Guards: storage-backends/gcs/*.ts, storage-backends/object-store/*.ts, registry/*.ts

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { openNexus } from 'nexusfs'
import { GCSBackend, type GCSBackendOptions } from 'nexusfs/gcs'
import { afterAll, describe, it } from 'vitest'
import { runNexus, spawnNexus, temporaryFolder } from '../../packages/cli/src/testing/run-nexus.ts'
import { GcsFake } from '../../packages/nexusfs/src/storage-backends/gcs/gcs-fake.test-fixture.ts'
import { requireOrSkip } from '../../services/require-or-skip.ts'

const service = await requireOrSkip('gcs')
const { PATH = '', HOME = '' } = process.env
const env: Readonly<Record<string, string>> = { ...service?.env, PATH, HOME }
const { GCS_BUCKET: bucket = '', STORAGE_EMULATOR_HOST: apiEndpoint = '' } = env
const prefix = `nexus-test-${randomBytes(6).toString('hex')}`
const options: GCSBackendOptions = { bucket, apiEndpoint, prefix }
const folder = temporaryFolder()

afterAll(async () => {
  folder[Symbol.dispose]()
  if (service !== undefined) await GCSBackend.drop(options)
})

function nexus(argv: readonly string[], changes: Readonly<Record<string, string>> = {}) {
  return runNexus(['--no-config', ...argv], { cwd: folder.path, env: { ...env, ...changes } })
}

const content = 'x'.repeat(300_000)

describe.skipIf(service === undefined)('a store with its blobs in Google Cloud Storage', () => {
  it('is made by URI, and read by another client that names it', async () => {
    const target = { storage: `gs://${bucket}/${prefix}/one`, metadata: `sqlite:${folder.path}/one.db` }
    const settings = { config: false, env, author: 'ann' } as const
    {
      await using store = await openNexus({ ...target, ...settings })
      await store.write('/a', content)
      assert.equal(store.info.storage.durability, 'replicated')
    }
    await using again = await openNexus({ ...target, ...settings, create: false })
    assert.equal(await again.readText('/a'), content)
    await using backend = await GCSBackend.open({ ...options, prefix: `${prefix}/one` })
    const { blobs } = await backend.list()
    assert.ok(blobs.some(({ size }) => size === 300_000))
  })

  it.each(['a b+c%25/é//x', 'a b+c%25/é//x/', '日本'])('may have the prefix %s, which another may begin with', async (text) => {
    const [one, other] = [`gs://${bucket}/${prefix}/${text}`, `gs://${bucket}/${prefix}/${text}1`]
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
    await using backend = await GCSBackend.open({ ...options, prefix: `${prefix}/${decoded}` })
    const keys = (await backend.list()).blobs.map(({ key }) => key)
    assert.equal(keys.filter((key) => !key.includes('witness')).length, 1)
    await backend.delete(keys)
    assert.deepEqual(await backend.list(), { blobs: [] })
    await using neighbour = await GCSBackend.open({ ...options, prefix: `${prefix}/${decoded}1` })
    assert.ok((await neighbour.list()).blobs.length > 0)
  })

  it('is used by the command, in the bucket of the environment where the URI names none', async () => {
    const layers = ['--storage', `gs:///${prefix}/cli`, '--metadata', 'sqlite:cli.db']
    assert.equal((await nexus(['init', ...layers])).code, 0)
    assert.equal((await nexus(['write', '/a', '--text', content, ...layers])).code, 0)
    assert.equal((await nexus(['cat', '/a', ...layers])).stdout, content)
  })
})

describe.skipIf(service === undefined)('the real server', () => {
  it('refuses a bucket that is not there', async () => {
    await assert.rejects(GCSBackend.open({ ...options, bucket: 'nexus-no-such-bucket' }), {
      code: 'InvalidConfig',
      message: /no such bucket/,
    })
  })

  it('stores nothing over an object that is there', async () => {
    await using backend = await GCSBackend.open(options)
    await backend.put('ab/cd', new Uint8Array([1]), { size: 1 })
    await backend.put('ab/cd', new Uint8Array([2]), { size: 1 })
    const large = new Uint8Array(9_000_000)
    await backend.put('ab/cd', large, { size: large.length })
    assert.deepEqual(await backend.get('ab/cd'), new Uint8Array([1]))
  })
})

/** The service takes one change a second of an object: the fake counts how often each was written. */
describe('twenty processes that open one store at once', () => {
  it('write no key twice', { timeout: 120_000 }, async () => {
    await using fake = await new GcsFake().listen()
    const target = `gs://fake-bucket/hot?apiEndpoint=${encodeURIComponent(fake.endpoint)}`
    const layers = ['--storage', target, '--metadata', 'sqlite:hot.db']
    assert.equal((await nexus(['init', ...layers])).code, 0)
    const write = (number: number): readonly string[] => [
      'write',
      `/${number}`,
      '--text',
      `${number}`.padEnd(100_000, 'x'),
      ...layers,
    ]
    const numbers = Array.from({ length: 20 }, (_, index) => index)
    const runs = await Promise.all(numbers.map((number) => spawnNexus(['--no-config', ...write(number)], { cwd: folder.path })))
    assert.deepEqual(new Set(runs.map(({ code, stderr }) => `${code} ${stderr}`)), new Set(['0 ']))
    assert.ok(fake.writes.size >= 20)
    assert.deepEqual(
      [...fake.writes].filter(([, times]) => times > 1),
      [],
    )
  })
})

describe('credentials', () => {
  it('are in no output of the command', async () => {
    await using fake = await new GcsFake().listen()
    const key = { type: 'service_account', client_email: 'a@canary', private_key: 'canary-key', private_key_id: 'canary-id' }
    writeFileSync(`${folder.path}/key.json`, JSON.stringify(key))
    const changes = { GCS_BUCKET: 'fake-bucket', GOOGLE_APPLICATION_CREDENTIALS: `${folder.path}/key.json` }
    const places = [`gs:?apiEndpoint=${encodeURIComponent(fake.endpoint)}`, 'gs:?apiEndpoint=https://127.0.0.1:1']
    for (const [index, storage] of places.entries()) {
      const layers = ['--storage', storage, '--metadata', `sqlite:canary-${index}.db`]
      for (const line of [
        ['init', ...layers],
        ['ls', '--verbose', ...layers],
        ['bench', 'list', 'env'],
      ]) {
        const { stdout, stderr } = await nexus(line, { ...changes, STORAGE_EMULATOR_HOST: fake.endpoint })
        assert.doesNotMatch(`${stdout}${stderr}`, /canary-(?:key|id)|a@canary/, line.join(' '))
      }
    }
    assert.ok(fake.requests.every(({ headers }) => headers.authorization === undefined))
  })
})

describe.skipIf(service === undefined)('the benchmarks', () => {
  it('combine gcs with each metadata store, and say what is missing', async () => {
    const listed = async (changes: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, string>> => {
      const rows = JSON.parse((await nexus(['bench', 'list', 'combos', '--json'], changes)).stdout)
      return new Map(rows.map(({ id, status, detail }: Record<string, string>) => [id, `${status} ${detail}`]))
    }
    const here = await listed({})
    assert.match(here.get('gcs-sqlite') ?? '', /^ready /)
    assert.match(here.get('gcs-postgres') ?? '', /^skipped .*set NEXUS_DATABASE_URL or POSTGRES_URL/)
    assert.match(here.get('gcs-redis') ?? '', /^skipped .*set REDIS_URL/)
    assert.match((await listed({ GCS_BUCKET: '' })).get('gcs-sqlite') ?? '', /^skipped .*set GCS_BUCKET/)
  })

  it('run on gcs-sqlite, and leave nothing in the bucket', async () => {
    const run = [
      'bench',
      'run',
      'small/write',
      'small/read',
      '--combos',
      'gcs-sqlite',
      '--budget',
      '10s',
      '--rounds',
      '1',
      '--json',
      'run.json',
    ]
    const { code, stderr } = await nexus(run)
    assert.equal(code, 0, stderr)
    await using whole = await GCSBackend.open({ ...options, prefix: '' })
    const left = (await whole.list({ prefix: 'nexus-b' })).blobs
    assert.deepEqual(left, [])
  })
})
