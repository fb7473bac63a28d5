// Guards: storage-backends/azure/*.ts, storage-backends/object-store/*.ts, registry/*.ts

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { openNexus } from 'nexusfs'
import { AzureBackend, type AzureBackendOptions } from 'nexusfs/azure'
import { afterAll, describe, it } from 'vitest'
import { runNexus, temporaryFolder } from '../../packages/cli/src/testing/run-nexus.ts'
import { requireOrSkip } from '../../services/require-or-skip.ts'

const service = await requireOrSkip('azure')
const { PATH = '', HOME = '' } = process.env
const env: Readonly<Record<string, string>> = { ...service?.env, PATH, HOME }
const { AZURE_CONTAINER: container = '', AZURE_STORAGE_CONNECTION_STRING: connectionString } = env
const key = /AccountKey=([^;]*)/.exec(connectionString ?? '')?.[1] ?? ''
const prefix = `nexus-test-${randomBytes(6).toString('hex')}`
const options: AzureBackendOptions = { container, connectionString, prefix }
const folder = temporaryFolder()

afterAll(async () => {
  folder[Symbol.dispose]()
  if (service !== undefined) await AzureBackend.drop(options)
})

function nexus(argv: readonly string[], changes: Readonly<Record<string, string>> = {}) {
  return runNexus(['--no-config', ...argv], { cwd: folder.path, env: { ...env, ...changes } })
}

const content = 'x'.repeat(300_000)

describe.skipIf(service === undefined)('a store with its blobs in Azure Blob Storage', () => {
  it('is made by URI, and read by another client that names it', async () => {
    const target = { storage: `azure://${container}/${prefix}/one`, metadata: `sqlite:${folder.path}/one.db` }
    const settings = { config: false, env, author: 'ann' } as const
    {
      await using store = await openNexus({ ...target, ...settings })
      await store.write('/a', content)
      assert.equal(store.info.storage.durability, 'replicated')
    }
    await using again = await openNexus({ ...target, ...settings, create: false })
    assert.equal(await again.readText('/a'), content)
    await using backend = await AzureBackend.open({ ...options, prefix: `${prefix}/one` })
    const { blobs } = await backend.list()
    assert.ok(blobs.some(({ size }) => size === 300_000))
  })

  it.each(['a b+c%25/é//x', 'a b+c%25/é//x/', '日本'])('may have the prefix %s, which another may begin with', async (text) => {
    const [one, other] = [`azure://${container}/${prefix}/${text}`, `azure://${container}/${prefix}/${text}1`]
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
    await using backend = await AzureBackend.open({ ...options, prefix: `${prefix}/${decoded}` })
    const keys = (await backend.list()).blobs.map(({ key }) => key)
    assert.equal(keys.filter((key) => !key.includes('witness')).length, 1)
    await backend.delete(keys)
    assert.deepEqual(await backend.list(), { blobs: [] })
    await using neighbour = await AzureBackend.open({ ...options, prefix: `${prefix}/${decoded}1` })
    assert.ok((await neighbour.list()).blobs.length > 0)
  })

  it('is used by the command, in the container of the environment where the URI names none', async () => {
    const layers = ['--storage', `azure:///${prefix}/cli`, '--metadata', 'sqlite:cli.db']
    assert.equal((await nexus(['init', ...layers])).code, 0)
    assert.equal((await nexus(['write', '/a', '--text', content, ...layers])).code, 0)
    assert.equal((await nexus(['cat', '/a', ...layers])).stdout, content)
  })
})

describe.skipIf(service === undefined)('the real server', () => {
  it('refuses a container that is not there', async () => {
    await assert.rejects(AzureBackend.open({ ...options, container: 'nexus-no-such-container' }), {
      code: 'InvalidConfig',
      message: /no such container/,
    })
  })

  it('stores nothing over an object that is there', async () => {
    await using backend = await AzureBackend.open(options)
    await backend.put('ab/cd', new Uint8Array([1]), { size: 1 })
    await backend.put('ab/cd', new Uint8Array([2]), { size: 1 })
    const large = new Uint8Array(9_000_000)
    await backend.put('ab/cd', large, { size: large.length })
    assert.deepEqual(await backend.get('ab/cd'), new Uint8Array([1]))
  })
})

describe.skipIf(service === undefined)('the real server, asked with a mistake,', () => {
  it('refuses a wrong key', async () => {
    const wrong = connectionString?.replace(key, Buffer.from('canary'.repeat(8)).toString('base64'))
    await assert.rejects(AzureBackend.open({ ...options, connectionString: wrong }), (error) => {
      // Azure itself says AuthenticationFailed.
      assert.match(String(error), /AuthorizationFailure|AuthenticationFailed/)
      assert.ok(error instanceof Error && 'code' in error && error.code === 'PermissionDenied')
      assert.doesNotMatch(inspect(error, { depth: 20, showHidden: true }), /Y2FuYXJ5/)
      return true
    })
  })

  it('refuses bytes that are not those of the checksum', async () => {
    const { ContainerClient } = await import('@azure/storage-blob')
    const blob = new ContainerClient(connectionString ?? '', container).getBlockBlobClient(`${prefix}/ab/damaged`)
    const blobHTTPHeaders = { blobContentMD5: new Uint8Array(16) }
    await assert.rejects(blob.upload('hello', 5, { blobHTTPHeaders }), { statusCode: 400 })
  })
})

describe.skipIf(service === undefined)('credentials', () => {
  it('are in no output of the command', async () => {
    const layers = ['--storage', `azure:///${prefix}/canary`, '--metadata', 'sqlite:canary.db']
    const wrong = {
      AZURE_STORAGE_CONNECTION_STRING: connectionString?.replace(key, Buffer.from('canary'.repeat(8)).toString('base64')) ?? '',
    }
    const lines = [
      ['init', ...layers],
      ['ls', '--verbose', ...layers],
      ['bench', 'list', 'env'],
      ['bench', 'list', 'combos', '--json'],
    ]
    for (const line of lines) {
      for (const changes of [{}, wrong]) {
        const { stdout, stderr } = await nexus(line, changes)
        for (const secret of [key, 'Y2FuYXJ5']) assert.equal(`${stdout}${stderr}`.includes(secret), false, line.join(' '))
      }
    }
  })
})

describe.skipIf(service === undefined)('the benchmarks', () => {
  it('combine azure with each metadata store, and say what is missing', async () => {
    const listed = async (changes: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, string>> => {
      const rows = JSON.parse((await nexus(['bench', 'list', 'combos', '--json'], changes)).stdout)
      return new Map(rows.map(({ id, status, detail }: Record<string, string>) => [id, `${status} ${detail}`]))
    }
    const here = await listed({})
    assert.match(here.get('azure-sqlite') ?? '', /^ready /)
    assert.match(here.get('azure-postgres') ?? '', /^skipped .*set NEXUS_DATABASE_URL or POSTGRES_URL/)
    assert.match(here.get('azure-redis') ?? '', /^skipped .*set REDIS_URL/)
    assert.match((await listed({ AZURE_CONTAINER: '' })).get('azure-sqlite') ?? '', /^skipped .*set AZURE_CONTAINER/)
  })

  it('run on azure-sqlite, and leave nothing in the container', async () => {
    const run = [
      'bench',
      'run',
      'small/write',
      'small/read',
      '--combos',
      'azure-sqlite',
      '--budget',
      '10s',
      '--rounds',
      '1',
      '--json',
      'run.json',
    ]
    const { code, stderr } = await nexus(run)
    assert.equal(code, 0, stderr)
    await using whole = await AzureBackend.open({ ...options, prefix: '' })
    const left = (await whole.list({ prefix: 'nexus-b' })).blobs
    assert.deepEqual(left, [])
  })
})
