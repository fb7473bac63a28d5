import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { NexusConfig } from './config.ts'
import { loadRegistry, type Registry } from './load-registry.ts'

const open = async (): Promise<never> => {
  throw new Error('not called')
}

function registryOf(config: NexusConfig, env: Record<string, string> = {}): Promise<Registry> {
  return loadRegistry({ cwd: '/', env, config: { config, file: '/p/nexus.config.ts', folder: '/p' } })
}

const acme = {
  env: { all: ['ACME_BUCKET'], any: [['ACME_KEY', 'ACME_PROFILE']], secret: ['ACME_KEY'] },
  traits: { durability: 'replicated', remote: true },
  open,
} as const

describe('loadRegistry', () => {
  it('combines every storage backend with every metadata store', async () => {
    const { combos } = await loadRegistry({ cwd: '/', env: {}, config: false })
    const ids = combos.map(({ id }) => id)
    assert.equal(ids[0], 'local-sqlite')
    for (const id of ['local-memory', 'memory-sqlite', 'memory-memory']) assert.ok(ids.includes(id), id)
    const [first] = combos
    assert.deepEqual(first?.gate, { status: 'ready' })
    assert.equal(first?.durability, 'disk')
    assert.equal(combos.find(({ id }) => id === 'local-memory')?.durability, 'none')
  })

  it('treats the adapters of a config as it treats its own', async () => {
    const registry = await registryOf({ storages: { acme } })
    assert.equal(registry.storages.acme?.label, 'acme')
    const combo = registry.combos.find(({ id }) => id === 'acme-sqlite')
    assert.equal(combo?.durability, 'disk')
    assert.deepEqual(combo?.gate, { status: 'skipped', reason: 'set ACME_BUCKET, and ACME_KEY or ACME_PROFILE' })
  })

  it('says which variable is missing beside those that are set', async () => {
    const half = await registryOf({ storages: { acme } }, { ACME_BUCKET: 'b', ACME_KEY: '' })
    assert.deepEqual(half.combos.find(({ id }) => id === 'acme-sqlite')?.gate, {
      status: 'skipped',
      reason: 'ACME_BUCKET is set; also set ACME_KEY or ACME_PROFILE',
    })
    const whole = await registryOf({ storages: { acme } }, { ACME_BUCKET: 'b', ACME_PROFILE: 'p' })
    assert.deepEqual(whole.combos.find(({ id }) => id === 'acme-sqlite')?.gate, { status: 'ready' })
  })

  it('leaves out and adds combinations as the config says', async () => {
    const { combos } = await registryOf({
      storages: { acme },
      combos: {
        exclude: ['acme-memory'],
        extra: [{ name: 'acme-tuned', storage: 'acme', metadata: 'sqlite' }],
      },
    })
    assert.equal(
      combos.some(({ id }) => id === 'acme-memory'),
      false,
    )
    assert.equal(combos.find(({ id }) => id === 'acme-tuned')?.storage, 'acme')
  })

  it('names the slip in a combination or a name that is taken', async () => {
    const problems: readonly [NexusConfig, RegExp][] = [
      [{ combos: { exclude: ['local-sqlit'] } }, /combos\.exclude: .*\(did you mean "local-sqlite"\?\)/],
      [
        { combos: { extra: [{ name: 'x', storage: 'locl', metadata: 'sqlite' }] } },
        /extra\[0\]: .*"locl" \(did you mean "local"\?\)/,
      ],
      [{ combos: { extra: [{ name: 'local-sqlite', storage: 'local', metadata: 'sqlite' }] } }, /is there already/],
      [{ storages: { local: acme } }, /at storages\.local: "local" is the name of an adapter that is there already/],
      [{ storages: { acme: { ...acme, schemes: ['file'] } } }, /at storages\.acme: "file" is the name/],
    ]
    for (const [config, message] of problems) await assert.rejects(registryOf(config), { code: 'InvalidConfig', message })
  })

  it('keeps the methods of a config bound to their object', async () => {
    class Acme {
      readonly traits = { durability: 'os' } as const
      readonly location = 'here'
      open(): Promise<never> {
        throw new Error(this.location)
      }
    }
    const { storages } = await registryOf({ storages: { acme: new Acme() } })
    assert.throws(() => storages.acme?.open({ env: {}, namespace: 'n', tmpDir: '/tmp' }), { message: 'here' })
  })
})
