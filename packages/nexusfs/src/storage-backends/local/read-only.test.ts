// Guards: storage-backends/local/local-backend.ts

import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, it } from 'vitest'
import { LocalBackend } from './local-backend.ts'

const folder = mkdtempSync(join(tmpdir(), 'nexus-local-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let root = ''
let count = 0
const key = 'a-group/x-name/process/nonce'
const bytes = new Uint8Array([1, 2, 3])
/** Of a process that no machine has. */
const stale = `.tmp-${'0'.repeat(12)}-1-1-${'0'.repeat(32)}`

beforeEach(async () => {
  root = join(folder, `${count++}`)
  await using backend = await LocalBackend.open({ root, durability: 'os' })
  await backend.put(key, bytes, { size: 3 })
})

async function assertRefuses(backend: LocalBackend): Promise<void> {
  const refused = { code: 'ReadOnly', context: { location: backend.info.location, outcome: 'none' } }
  await assert.rejects(backend.put('another/x-name', bytes, { size: 3 }), refused)
  await assert.rejects(backend.stage(bytes, { size: 3 }), refused)
  await assert.rejects(backend.delete([key]), refused)
  assert.deepEqual(await backend.get(key), bytes)
  assert.equal((await backend.list()).blobs.length, 1)
}

describe('a local backend that only reads', () => {
  it('refuses every change, makes no folder and sweeps no file', async () => {
    writeFileSync(join(root, 'tmp', stale), '')
    {
      await using backend = await LocalBackend.open({ root, readOnly: true })
      assert.match(backend.info.readOnly?.why ?? '', /opened with readOnly/)
      await assertRefuses(backend)
    }
    assert.deepEqual(readdirSync(join(root, 'tmp')), [stale])
    rmSync(join(root, 'tmp'), { recursive: true })
    await using backend = await LocalBackend.open({ root, readOnly: true })
    await assertRefuses(backend)
    assert.ok(!existsSync(join(root, 'tmp')))
  })

  it('makes no storage', async () => {
    const absent = join(folder, 'absent')
    await assert.rejects(LocalBackend.open({ root: absent, readOnly: true }), { code: 'NotFound' })
    assert.ok(!existsSync(absent))
  })

  it('is what a user without the right to write gets (not as root, whom no mode stops)', async ({ skip }) => {
    if (process.getuid?.() === 0) skip('requires a user who is not root; media.ci.test.ts checks it as another user')
    chmodSync(join(root, 'blobs'), 0o555)
    try {
      await using backend = await LocalBackend.open({ root })
      assert.match(backend.info.readOnly?.why ?? '', /this user may not write to/)
      await assertRefuses(backend)
    } finally {
      chmodSync(join(root, 'blobs'), 0o700)
    }
  })
})
