import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { NexusConfig } from './config.ts'
import { validateConfig } from './validate-config.ts'

const file = '/project/nexus.config.ts'

function problemOf(config: unknown): string {
  try {
    validateConfig(config, file)
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error)
    assert.equal(error.code, 'InvalidConfig')
    return error.message
  }
  return ''
}

const open = async (): Promise<never> => {
  throw new Error('not called')
}

describe('validateConfig', () => {
  it('accepts a config that uses every key', () => {
    const config: NexusConfig = {
      store: 'team',
      stores: {
        team: { storage: 'acme:bucket', metadata: 'sqlite:meta.db', author: 'planner', durability: 'os' },
        mine: './data',
      },
      storages: {
        acme: {
          label: 'Acme blobs',
          schemes: ['acmes'],
          env: { all: ['ACME_BUCKET'], any: [['ACME_KEY', 'ACME_PROFILE']], secret: ['ACME_KEY'] },
          traits: { durability: 'replicated', remote: true },
          probe: async () => ({ ok: true, detail: 'acme 2.1', rttMs: 12 }),
          open,
          openUri: open,
          dispose: async () => {},
        },
      },
      metadata: { cloud: { env: { any: [['CLOUD_URL']] }, traits: { durability: 'os' }, open } },
      combos: {
        exclude: ['acme-sqlite'],
        extra: [{ name: 'tuned', storage: 'acme', metadata: 'cloud' }],
      },
    }
    assert.equal(problemOf(config), '')
    assert.equal(problemOf({}), '')
  })

  it('names file, key and nearest known key for a key that it does not know', () => {
    const problem = problemOf({ storge: {} })
    assert.match(problem, /^\/project\/nexus\.config\.ts at storge: unknown key "storge" \(did you mean "store"\?\)/)
    assert.match(problem, /known here: store, stores, storages, metadata, combos$/)
    assert.match(problemOf({ stores: { a: { storage: 'x', metdata: 'y' } } }), /at stores\.a\.metdata: .*"metadata"/)
    assert.match(
      problemOf({ combos: { extra: [{ name: 'a', storage: 'b', metadata: 'c', opts: {} }] } }),
      /combos\.extra\[0\]\.opts/,
    )
    assert.match(problemOf({ __proto__x: 1, constructor: 1 }), /unknown key/)
  })

  it('names the key of a wrong or missing value', () => {
    const cases: readonly [unknown, RegExp][] = [
      [[], /nexus\.config\.ts: expected an object/],
      [undefined, /expected an object/],
      [{ store: '' }, /at store: expected a text/],
      [{ store: 7 }, /at store: expected an object/],
      [{ stores: { a: { storage: 'x' } } }, /at stores\.a\.metadata: this key is missing/],
      [{ stores: { 'a/b': './x' } }, /at stores\.a\/b: a name here has/],
      [{ stores: { a: { storage: 'x', metadata: 'y', durability: 'dsk' } } }, /durability: .* \(did you mean "disk"\?\)/],
      [{ storages: { 'my-s3': { traits: { durability: 'os' }, open } } }, /storages\.my-s3: a name here has 2 to 32 lower-case/],
      [{ storages: { acme: { traits: { durability: 'os' } } } }, /storages\.acme\.open: this key is missing/],
      [{ storages: { acme: { traits: { durability: 'os' }, open: 'x' } } }, /storages\.acme\.open: expected a function/],
      [{ storages: { acme: { traits: { durability: 'os', remote: 'no' }, open } } }, /traits\.remote: expected true or false/],
      [{ metadata: { acme: { traits: { durability: 'os' }, open, env: { any: ['X'] } } } }, /env\.any\[0\]: expected a list/],
    ]
    for (const [config, expected] of cases) assert.match(problemOf(config), expected)
  })

  it('refuses with a sentence what nothing reads', () => {
    const traits = { durability: 'os', rangeReads: true }
    const cases: readonly [unknown, RegExp][] = [
      [{ workloads: ['./mine.ts'] }, /at workloads: the benchmarks take no workloads of a config; leave this key out/],
      [{ baselines: {} }, /at baselines: .*leave this key out/],
      [{ thresholds: {} }, /at thresholds: .*leave this key out/],
      [
        { combos: { extra: [{ name: 'a', storage: 'b', metadata: 'c', options: {} }] } },
        /extra\[0\]\.options: .*leave this key out/,
      ],
      [{ storages: { acme: { traits, open } } }, /storages\.acme\.traits\.rangeReads: .*leave this key out/],
    ]
    for (const [config, expected] of cases) assert.match(problemOf(config), expected)
  })
})
