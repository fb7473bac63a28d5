import { defineConfig } from 'vitest/config'

/** The tiers, and within the tier `ci` two lanes that run side by side: one keeps the processor busy, one waits for servers. */
const tier = process.env.NEXUS_TIER ?? 'fast'
const lane = process.env.NEXUS_LANE ?? 'cpu'

const everything = ['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts']
const ofCi = ['packages/*/src/**/*.ci.test.ts', 'tests/**/*.ci.test.ts']
const ofFull = ['packages/*/src/**/*.full.test.ts', 'tests/**/*.full.test.ts']
const needServers = [
  'packages/nexusfs/src/metadata-stores/{postgres,redis}/**',
  'packages/nexusfs/src/storage-backends/{s3,gcs,azure}/**',
  'tests/servers/**',
  'services/**',
]
/** Randomised suites of the fast tier that run again in `ci`, longer. */
const longer = ['tests/model/model.test.ts']

const files: Record<string, { include: string[]; exclude: string[] }> = {
  fast: { include: everything, exclude: [...ofCi, ...ofFull] },
  'ci-cpu': { include: [...ofCi, ...longer], exclude: [...ofFull, ...needServers] },
  'ci-server': { include: needServers.map((place) => `${place}/*.ci.test.ts`), exclude: ofFull },
  full: { include: [...ofFull, ...longer, 'tests/servers/*.ci.test.ts'], exclude: [] },
}
/** The file system's own tests, with a layer of each store on a server. */
const isOnServer = (process.env.NEXUS_TEST_METADATA ?? process.env.NEXUS_TEST_STORAGE) !== undefined

const { include, exclude } = files[tier === 'ci' ? `ci-${lane}` : tier] ?? { include: [], exclude: [] }

export default defineConfig({
  ssr: { resolve: { conditions: ['nexus-source', 'node'] } },
  resolve: { conditions: ['nexus-source', 'node'] },
  test: {
    include,
    exclude: ['**/node_modules/**', '**/dist/**', ...exclude],
    pool: 'forks',
    isolate: false,
    maxWorkers: tier === 'ci' ? 1 : 2,
    // On a server, each store that a test makes takes as long as the server does.
    testTimeout: tier === 'fast' && !isOnServer ? 30_000 : 600_000,
    hookTimeout: 120_000,
    reporters: ['default', './scripts/tier-reporter.ts'],
  },
})
