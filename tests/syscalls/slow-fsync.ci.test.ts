// Guards: metadata-stores/sqlite/*.ts, storage-backends/local/*.ts

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'nexus-slow-fsync-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const fsyncMs = 400

/** Prints how long a read took, in milliseconds, while eight puts waited for the disk. */
const program = `
  import { setTimeout as delay } from 'node:timers/promises'
  import { LocalBackend } from ${JSON.stringify(join(import.meta.dirname, '../../packages/nexusfs/src/storage-backends/local/local-backend.ts'))}
  await using backend = await LocalBackend.open({ root: process.argv[1] })
  const bytes = new Uint8Array(1000)
  await backend.put('group/name', bytes, { size: 1000 })
  let isStored = false
  const puts = Array.from({ length: 8 }, (_, index) => backend.put('group/name-' + index, bytes, { size: 1000 }))
  Promise.race(puts).then(() => { isStored = true })
  await delay(100)
  const start = performance.now()
  await backend.get('group/name')
  const took = performance.now() - start
  console.log(JSON.stringify({ took, isStored }))
  await Promise.all(puts)`

describe('a disk whose fsync is slow (needs strace)', () => {
  it('keeps no read waiting, however many puts wait for it', async () => {
    const strace = ['-f', '-o', '/dev/null', '-e', 'trace=fsync', '-e', `inject=fsync:delay_enter=${fsyncMs * 1000}`]
    const node = [process.execPath, '--input-type=module', '--eval', program, join(folder, 'root')]
    const { stdout } = await promisify(execFile)('strace', [...strace, ...node])
    const { took, isStored } = JSON.parse(stdout) as { took: number; isStored: boolean }
    assert.equal(isStored, false, 'no put had to wait: the test proved nothing')
    assert.ok(took < fsyncMs / 2, `the read took ${took} ms`)
  })
})
