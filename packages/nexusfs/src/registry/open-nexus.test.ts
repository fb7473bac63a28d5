import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { MemoryStore } from '../metadata-stores/memory/memory-store.ts'
import { MemoryBackend } from '../storage-backends/memory/memory-backend.ts'
import { builtInMetadata, builtInStorages } from './built-in-adapters.ts'
import type { NexusConfig } from './config.ts'
import type { LoadedConfig } from './load-config.ts'
import { openNexus } from './open-nexus.ts'

const base = realpathSync(mkdtempSync(join(tmpdir(), 'nexus-open-')))
afterAll(() => rmSync(base, { recursive: true, force: true }))

let folders = 0
const fresh = (): string => join(base, `store-${folders++}`)
const quiet = { env: {}, config: false, durability: 'os' } as const

function loaded(config: NexusConfig): LoadedConfig {
  return { config, file: join(base, 'nexus.config.ts'), folder: base }
}

describe('openNexus', () => {
  it('makes a folder that only its owner can enter, and opens it again', async () => {
    const folder = fresh()
    {
      await using nexus = await openNexus(folder, quiet)
      await nexus.write('/a.txt', 'hello')
      assert.equal(nexus.info.durability, 'os')
    }
    assert.equal(statSync(folder).mode & 0o777, 0o700)
    assert.equal(statSync(join(folder, 'meta.db')).mode & 0o777, 0o600)
    await using again = await openNexus({ store: folder, create: false, ...quiet })
    assert.equal(await again.readText('/a.txt'), 'hello')
  })

  it('promises a power loss on a local disk unless asked for less', async () => {
    await using nexus = await openNexus(fresh(), { env: {}, config: false })
    assert.equal(nexus.info.durability, 'disk')
  })

  it('refuses a folder without a store where it may not make one', async () => {
    const folder = fresh()
    await assert.rejects(openNexus(folder, { ...quiet, create: false }), {
      code: 'NotFound',
      message: /no store in .*; run `nexus init/,
    })
    assert.equal(existsSync(folder), false)
    mkdirSync(folder, { mode: 0o700 })
    await assert.rejects(openNexus(folder, { ...quiet, create: false }), { code: 'NotFound' })
    assert.deepEqual(readdirSync(folder), [])
  })

  it('leaves nothing behind where it is refused', async () => {
    const gone = fresh()
    const first = await openNexus(gone, quiet)
    await first.write('/a', 'x')
    await first.close()
    rmSync(join(gone, 'meta.db'))
    const before = readdirSync(gone)
    for (const target of [gone, { storage: `local:${gone}`, metadata: `sqlite:${join(gone, 'meta.db')}` }]) {
      await assert.rejects(openNexus(target, quiet), {
        code: 'Corrupt',
        message: /meta\.db is missing, and the storage backend holds blobs/,
      })
      assert.deepEqual(readdirSync(gone), before)
    }
    await (await openNexus(gone, { ...quiet, mayShareStorage: true })).close()

    const empty = fresh()
    mkdirSync(empty)
    mkdirSync(join(empty, 'meta.db'))
    await assert.rejects(openNexus(empty, quiet), { code: 'InvalidConfig' })
    assert.deepEqual(readdirSync(empty), ['meta.db'])
    const absent = join(fresh(), 'deep')
    for (const options of [{ inlineBytes: -1 }, { cacheBytes: 0.5 }, { author: '' }]) {
      await assert.rejects(openNexus(absent, { ...quiet, ...options }), { code: 'InvalidArgument' })
    }
    await assert.rejects(openNexus({ storage: `local:${absent}`, metadata: 'sqlite:/dev/null/meta.db', ...quiet }), {
      code: 'NotFound',
    })
    assert.equal(existsSync(join(absent, '..')), false)
  })

  it('opens both layers by URI, relative to the working directory', async () => {
    const cwd = fresh()
    mkdirSync(cwd)
    const target = { storage: 'local:blobs', metadata: 'sqlite:meta.db', cwd, ...quiet }
    await using nexus = await openNexus(target)
    await nexus.write('/a', 'x')
    assert.ok(existsSync(join(cwd, 'blobs', 'blobs')))
    assert.ok(existsSync(join(cwd, 'meta.db')))
  })

  it('shares a named location in memory within the process', async () => {
    await using first = await openNexus('memory:shared', { env: {}, config: false })
    await first.write('/a', 'x')
    await using second = await openNexus('memory:shared', { env: {}, config: false })
    assert.equal(await second.readText('/a'), 'x')
    await using other = await openNexus('memory:', { env: {}, config: false })
    assert.equal(await other.exists('/a'), false)
    assert.equal(other.info.durability, 'none')
  })

  it('takes adapters that are already open', async () => {
    const [storage, metadata] = [await MemoryBackend.open(), await MemoryStore.open()]
    {
      await using nexus = await openNexus({ storage, metadata, ...quiet })
      await nexus.write('/a', 'x')
    }
    await assert.rejects(metadata.horizon(), { code: 'Closed' })
  })

  it('prefers the author of the call, then NEXUS_AUTHOR, then that of the config', async () => {
    const stores = { team: { storage: 'memory:authors', metadata: 'memory:authors', author: 'config' } }
    const authorOf = async (author: string | undefined, env: Record<string, string>): Promise<string> => {
      await using nexus = await openNexus({ store: 'team', config: loaded({ stores }), env, author })
      return (await nexus.write('/a', 'x')).author
    }
    assert.equal(await authorOf('call', { NEXUS_AUTHOR: 'env' }), 'call')
    assert.equal(await authorOf(undefined, { NEXUS_AUTHOR: 'env' }), 'env')
    assert.equal(await authorOf(undefined, {}), 'config')
    assert.equal(await authorOf(undefined, { NEXUS_AUTHOR: '' }), 'config')
  })

  it('opens the adapters of a config by their URIs', async () => {
    const opened: string[] = []
    const acme = {
      traits: { durability: 'none' },
      open: () => MemoryBackend.open(),
      openUri: async (uri: string, { create, cwd }: { create: boolean; cwd: string }) => {
        opened.push(`${uri} ${create} ${cwd}`)
        return MemoryBackend.open()
      },
    } as const
    const config = loaded({ storages: { acme }, stores: { cloud: { storage: 'acme:bucket', metadata: 'memory:' } } })
    await using named = await openNexus({ store: 'cloud', config, env: {} })
    await named.write('/a', 'x')
    await using direct = await openNexus({ storage: 'acme:other', metadata: 'memory:', config, env: {}, cwd: '/srv' })
    await direct.write('/a', 'x')
    assert.deepEqual(opened, [`acme:bucket true ${base}`, 'acme:other true /srv'])
  })
})

describe('openNexus, when opening fails', () => {
  it('closes the layer that was opened first', async () => {
    const storage = await MemoryBackend.open()
    const acme = { traits: { durability: 'none' }, open: async () => storage, openUri: async () => storage } as const
    const target = { storage: 'acme:x', metadata: `sqlite:${join(base, 'absent', 'meta.db')}` }
    await assert.rejects(openNexus({ ...target, ...quiet, config: loaded({ storages: { acme } }) }), { code: 'NotFound' })
    await assert.rejects(storage.stat([]), { code: 'Closed' })
  })

  it('leaves adapters open that it was given open', async () => {
    const storage = await MemoryBackend.open()
    await assert.rejects(openNexus({ storage, metadata: 'redis:', ...quiet }), { code: 'InvalidConfig' })
    assert.deepEqual(await storage.stat([]), [])
  })

  it('translates what an adapter throws, without its secrets', async () => {
    const acme = {
      traits: { durability: 'none' },
      open: () => MemoryBackend.open(),
      openUri: async () => {
        throw new Error('refused: acme://user:pass@host')
      },
    } as const
    const config = loaded({ storages: { acme } })
    const error = await openNexus({ storage: 'acme://user:pass@host', metadata: 'memory:', config, env: {} }).then(
      () => assert.fail('it opened'),
      (cause: unknown) => cause,
    )
    assert.ok(error instanceof Error && 'code' in error)
    assert.equal(error.code, 'Unexpected')
    assert.equal(error.message.includes('pass'), false, error.message)
    assert.match(error.message, /cannot be opened: refused: acme:\/\/\*\*\*@host/)
  })

  it('names what is wrong with a URI', async () => {
    const problems: readonly [string, string, string, RegExp][] = [
      ['sqlite:x', 'memory:', 'InvalidArgument', /no storage backend has the scheme "sqlite:"/],
      ['loca:x', 'memory:', 'InvalidArgument', /\(did you mean "local"\?\)/],
      ['memory:', 'postgres:', 'InvalidConfig', /^postgres: names no server; set NEXUS_DATABASE_URL or POSTGRES_URL, or write /],
      ['memory:', 'postgres://u:p@h/d?shema=x', 'InvalidConfig', /^postgres: the URL has an unknown parameter shema/],
      ['memory:', 'redis:', 'InvalidConfig', /^redis: names no server; set REDIS_URL, or write redis:\/\/HOST$/],
      ['memory:', 'rediss:', 'InvalidConfig', /^rediss: names no server; /],
      ['s3://me:secret@bucket', 'memory:', 'InvalidConfig', /^s3: the URI holds a user or a password; leave them to the env/],
      ['gs://me:secret@bucket', 'memory:', 'InvalidConfig', /^gs: the URI holds a user or a password; leave them to the env/],
      ['azure://me:secret@bucket', 'memory:', 'InvalidConfig', /^azure: the URI holds a user or a password; leave them/],
      ['local:', 'memory:', 'InvalidArgument', /names no path on disk/],
      ['', 'memory:', 'InvalidArgument', /empty URI/],
    ]
    for (const [storage, metadata, code, message] of problems) {
      await assert.rejects(openNexus({ storage, metadata, ...quiet }), { code, message }, `${storage} ${metadata}`)
    }
  })

  it('refuses options that it does not know, before it opens anything', async () => {
    const slips: readonly [object, RegExp][] = [
      [{ metdata: 'memory:' }, /unknown option "metdata" \(did you mean "metadata"\?\)/],
      [{ durability: 'dsk' }, /durability is one of none, os, disk, replicated, not "dsk"/],
      [{ storage: 7, metadata: 'memory:' }, /storage is a URI or an open adapter, not number/],
    ]
    for (const [options, message] of slips) await assert.rejects(openNexus(options), { code: 'InvalidArgument', message })
    const replicated = openNexus(fresh(), { ...quiet, durability: 'replicated' })
    await assert.rejects(replicated, { code: 'Unsupported', message: /promises "os" or "disk"/ })
  })

  it('does nothing once it is cancelled', async () => {
    const folder = fresh()
    await assert.rejects(openNexus(folder, { ...quiet, signal: AbortSignal.abort() }), { code: 'Aborted' })
    assert.equal(existsSync(folder), false)
  })
})

describe('the environment', () => {
  it('never turns an explicit store into another one, whatever its variables say', async () => {
    const variables = readVariables()
    for (const name of [
      'NEXUS_STORE',
      'NEXUS_AUTHOR',
      'NEXUS_DATABASE_URL',
      'POSTGRES_URL',
      'REDIS_URL',
      'AWS_BUCKET',
      'GCS_BUCKET',
    ]) {
      assert.ok(variables.includes(name), name)
    }
    const before = { ...process.env }
    const decoy = fresh()
    for (const name of variables) process.env[name] = `postgres://wrong:wrong@127.0.0.1:1${decoy}`
    const cwd = fresh()
    mkdirSync(cwd)
    writeFileSync(join(cwd, 'nexus.config.json'), JSON.stringify({ store: decoy }))
    try {
      const folder = fresh()
      const targets = [{ store: folder }, { storage: `local:${folder}`, metadata: `sqlite:${join(folder, 'meta.db')}` }]
      for (const [index, target] of targets.entries()) {
        await using nexus = await openNexus({ ...target, cwd, durability: 'os', author: 'me' })
        await nexus.write(`/${index}`, 'x')
        assert.equal(nexus.info.storage.location, folder)
      }
      await using whole = await openNexus(folder, { cwd, durability: 'os' })
      assert.deepEqual([await whole.exists('/0'), await whole.exists('/1')], [true, true])
      assert.equal(existsSync(decoy), false)
    } finally {
      for (const name of variables) delete process.env[name]
      Object.assign(process.env, before)
    }
  })

  it('refuses what is neither text nor an object of options, and opens no other store instead', async () => {
    class Location {}
    const cases: readonly [unknown, RegExp][] = [
      [new URL('file:///other'), /not an instance of URL; give fileURLToPath\(url\)/],
      [42, /not 42$/],
      [null, /not null$/],
      [true, /not true$/],
      [[], /not an array$/],
      [new Location(), /not an instance of Location$/],
      [() => './data', /not a value of type function$/],
    ]
    for (const [target, message] of cases) {
      const open = openNexus as (...given: unknown[]) => Promise<unknown>
      await assert.rejects(open(target), { code: 'InvalidArgument', message })
      if (target !== null) await assert.rejects(open('memory:', target), { code: 'InvalidArgument' })
    }
  })

  it('leaves adapters that were given open as they are if it fails', async () => {
    const storage = await MemoryBackend.open()
    const metadata = await MemoryStore.open()
    await assert.rejects(openNexus({ storage, metadata, create: false }), { code: 'NotFound' })
    await assert.rejects(openNexus({ storage, metadata, cacheBytes: -1 }), { code: 'InvalidArgument' })
    await metadata.horizon()
    await storage.list()
    await using nexus = await openNexus({ storage, metadata })
    await nexus.write('/a', 'x')
  })
})

/** Every variable that the sources name, that the gates of the adapters name, and that the benchmarks are to know. */
function readVariables(): readonly string[] {
  const sources = join(import.meta.dirname, '..')
  const names = new Set(['NEXUS_DATABASE_URL', 'POSTGRES_URL', 'REDIS_URL', 'GCS_BUCKET', 'GOOGLE_APPLICATION_CREDENTIALS'])
  for (const name of [
    'AWS_BUCKET',
    'AWS_REGION',
    'AWS_ENDPOINT_URL',
    'AWS_PROFILE',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
  ]) {
    names.add(name)
  }
  for (const { env } of [...Object.values(builtInStorages), ...Object.values(builtInMetadata)]) {
    for (const name of [...(env?.all ?? []), ...(env?.any ?? []).flat()]) names.add(name)
  }
  for (const file of readdirSync(sources, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue
    for (const [, name] of readFileSync(join(sources, file), 'utf8').matchAll(/\benv(?:\.|\[')([A-Z][A-Z0-9_]+)/g)) {
      if (name !== undefined) names.add(name)
    }
  }
  return [...names]
}
