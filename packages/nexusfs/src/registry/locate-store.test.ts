import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import type { NexusConfig } from './config.ts'
import { locateStore, type StoreLocation, type StoreRequest } from './locate-store.ts'

const base = realpathSync(mkdtempSync(join(tmpdir(), 'nexus-locate-')))
afterAll(() => rmSync(base, { recursive: true, force: true }))
mkdirSync(join(base, 'project', 'src'), { recursive: true })
mkdirSync(join(base, 'project', '.nexus'))
mkdirSync(join(base, 'elsewhere'))

interface Case {
  readonly request?: StoreRequest
  readonly env?: Record<string, string>
  readonly config?: NexusConfig
  readonly cwd?: string
}

function locate({ request = {}, env = {}, config, cwd = 'project/src' }: Case): ReturnType<typeof locateStore> {
  const loaded = config && { config, file: '/conf/nexus.config.ts', folder: '/conf' }
  return locateStore(request, { cwd: join(base, cwd), env, config: async () => loaded })
}

async function locationOf(from: Case): Promise<StoreLocation> {
  return (await locate(from)).location
}

const config: NexusConfig = {
  store: 'team',
  stores: { team: './team-data', cloud: { storage: 'acme:b', metadata: 'sqlite:m.db', author: 'planner', durability: 'os' } },
}

describe('locateStore', () => {
  it('asks the request, then NEXUS_STORE, then the config, then the nearest .nexus folder', async () => {
    const all = { request: { store: './mine' }, env: { NEXUS_STORE: './env' }, config }
    assert.deepEqual(await locationOf(all), { kind: 'folder', folder: join(base, 'project/src/mine') })
    assert.deepEqual(await locationOf({ env: all.env, config }), { kind: 'folder', folder: join(base, 'project/src/env') })
    assert.deepEqual(await locationOf({ config }), { kind: 'folder', folder: '/conf/team-data' })
    assert.deepEqual(await locationOf({}), { kind: 'folder', folder: join(base, 'project/.nexus') })
  })

  it('says what decided', async () => {
    assert.equal((await locate({ env: { NEXUS_STORE: './env' } })).why, 'NEXUS_STORE')
    assert.equal((await locate({ config })).why, 'store in /conf/nexus.config.ts')
    assert.equal((await locate({})).why, 'the nearest .nexus folder')
    assert.match((await locate({ request: { store: 'cloud' }, config })).why, /"cloud" in \/conf\/nexus\.config\.ts/)
  })

  it('has nothing to offer where there is no store', async () => {
    await assert.rejects(locate({ cwd: 'elsewhere' }), { code: 'InvalidConfig', message: 'no store here; run `nexus init`' })
    await assert.rejects(locate({ cwd: 'elsewhere', env: { NEXUS_STORE: '' } }), { code: 'InvalidConfig' })
  })

  it('takes both layers as they are named', async () => {
    const request = { storage: 'local:blobs', metadata: 'sqlite:meta.db' }
    const location = await locationOf({ request, env: { NEXUS_STORE: './env' }, config })
    assert.deepEqual(location, { kind: 'layers', ...request, base: join(base, 'project/src') })
  })

  it('refuses half a store and a store named twice', async () => {
    await assert.rejects(locate({ request: { storage: 'local:x' } }), {
      code: 'InvalidArgument',
      message: /storage .* without metadata/,
    })
    await assert.rejects(locate({ request: { metadata: 'sqlite:x' } }), {
      code: 'InvalidArgument',
      message: /metadata .* without/,
    })
    const twice = { store: './x', storage: 'local:x', metadata: 'sqlite:x' }
    await assert.rejects(locate({ request: twice }), { code: 'InvalidArgument', message: /give either store/ })
  })

  it('finds the stores of the config by name, with their author and durability', async () => {
    const found = await locate({ request: { store: 'cloud' }, config })
    assert.deepEqual(found.location, { kind: 'layers', storage: 'acme:b', metadata: 'sqlite:m.db', base: '/conf' })
    assert.equal(found.author, 'planner')
    assert.equal(found.durability, 'os')
    assert.deepEqual((await locate({ env: { NEXUS_STORE: 'cloud' }, config })).location, found.location)
  })

  it('takes a word for a folder where no store has that name, unless it looks like a slip', async () => {
    assert.deepEqual(await locationOf({ request: { store: 'src' }, config, cwd: 'project' }), {
      kind: 'folder',
      folder: join(base, 'project/src'),
    })
    const slip = { code: 'InvalidConfig', message: /no store is called "claud" \(did you mean "cloud"\?\); write \.\/claud/ }
    await assert.rejects(locate({ request: { store: 'claud' }, config }), slip)
    assert.equal((await locationOf({ request: { store: './claud' }, config })).kind, 'folder')
  })

  it('does not load a config for a store that is named by path', async () => {
    const cwd = join(base, 'project')
    const config = async (): Promise<never> => {
      throw new Error('loaded')
    }
    await locateStore({ store: './data' }, { cwd, env: {}, config })
    await locateStore({ storage: 'local:x', metadata: 'sqlite:y' }, { cwd, env: {}, config })
    await locateStore({}, { cwd, env: { NEXUS_STORE: '/srv/data' }, config })
    await assert.rejects(locateStore({ store: 'data' }, { cwd, env: {}, config }), { message: 'loaded' })
  })

  it('understands the URI of a whole store, and refuses that of one layer', async () => {
    assert.deepEqual(await locationOf({ request: { store: 'file:///srv/data' } }), { kind: 'folder', folder: '/srv/data' })
    const memory = await locationOf({ request: { store: 'memory:scratch' } })
    assert.ok(memory.kind === 'layers')
    assert.deepEqual([memory.storage, memory.metadata], ['memory:scratch', 'memory:scratch'])
    await assert.rejects(locate({ request: { store: 'sqlite:x.db' } }), { code: 'InvalidArgument', message: /one layer only/ })
  })
})
