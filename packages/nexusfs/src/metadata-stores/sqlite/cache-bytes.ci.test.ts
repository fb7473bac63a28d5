// Guards: metadata-stores/sqlite/read-cache.ts

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { outputOf, testFolder } from './sqlite-store.test-fixture.ts'

const entries = 60_000

/** Reads so many entries, one by one or in pages, with keys of its own; prints the bytes that are kept of it. */
const program = (file: string, size: number, way: 'get' | 'scan'): string => `
const { SqliteStore } = await import('${import.meta.dirname}/sqlite-store.ts')
const options = { path: ${JSON.stringify(file)}, durability: 'os', worker: 'never' }
const group = (index) => Buffer.from('d/' + String(index % 200).padStart(16, '0'))
const key = (index) => ({ group: group(index), item: Buffer.from('file-' + index) })
let store = await SqliteStore.open(options)
for (let from = 0; from < ${entries}; from += 1000) {
  const writes = Array.from({ length: 1000 }, (_, index) => ({ kind: 'put', key: key(from + index), value: Buffer.alloc(${size}, index) }))
  await store.commit([{ expect: [], writes }])
}
await store.close()
store = await SqliteStore.open(options)
const kept = () => { gc(); gc(); const { heapUsed, external } = process.memoryUsage(); return heapUsed + external }
await store.read({ get: [key(1)] })
const before = kept()
if (${way === 'get'}) for (let index = 0; index < ${entries}; index++) await store.read({ get: [key(index)] })
else for (let index = 0; index < 200; index++) await store.read({ scan: [{ group: group(index), limit: 250 }] })
console.log(kept() - before)
await store.close()
`

describe('the cache of a SqliteStore', () => {
  it('keeps no more memory than its 16 MiB, whatever the values are and however they are read', {
    timeout: 180_000,
  }, async () => {
    for (const way of ['get', 'scan'] as const) {
      for (const size of [0, 60, 200, 1_000]) {
        await using folder = await testFolder()
        const args = ['--expose-gc', '--input-type=module-typescript', '--eval', program(join(folder.path, 'meta.db'), size, way)]
        const kept = Number(await outputOf(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })))
        assert.ok(kept < 16 * 1_048_576, `${way} of ${size} bytes: ${kept} bytes are kept`)
        assert.ok(kept > 1_000_000, 'nothing is kept: the test proved nothing')
      }
    }
  })
})
