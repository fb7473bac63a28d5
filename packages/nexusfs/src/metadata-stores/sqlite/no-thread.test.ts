// Guards: metadata-stores/sqlite/store-thread.ts

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { outputOf, testFolder } from './sqlite-store.test-fixture.ts'

/** Commits as many pages as make the checkpointer start its thread, in each mode, with all the rights but that to threads. */
const program = (folder: string): string => `
const { SqliteStore } = await import('${import.meta.dirname}/sqlite-store.ts')
for (const worker of ['auto', 'always']) {
  const store = await SqliteStore.open({ path: '${folder}/' + worker + '.db', durability: 'os', worker })
  for (let i = 0; i < 60; i++) {
    const key = { group: Buffer.from('g'), item: Buffer.from(String(i)) }
    const [{ status }] = await store.commit([{ expect: [], writes: [{ kind: 'put', key, value: Buffer.alloc(200_000, i) }] }])
    if (status !== 'committed') throw new Error(status)
  }
  await store.close()
}
console.log('closed')
`

describe('a process that may not start threads', () => {
  it('commits, moves the WAL and closes', { timeout: 60_000 }, async () => {
    await using folder = await testFolder()
    const rights = ['--permission', '--allow-fs-read=*', '--allow-fs-write=*', '--no-warnings']
    const args = [...rights, '--input-type=module-typescript', '--eval', program(join(folder.path))]
    assert.equal(await outputOf(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })), 'closed\n')
  })
})
