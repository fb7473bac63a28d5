import assert from 'node:assert/strict'
import { test } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import { isNexusError } from '../../core/errors.ts'
import { MemoryBackend } from './memory-backend.ts'

const size = 3
const abc = utf8('abc')

test('clients that open one name see the same blobs until it is dropped', async () => {
  const one = await MemoryBackend.open({ name: 'test-drop' })
  const two = await MemoryBackend.open({ name: 'test-drop' })
  await one.put('ab/cd', abc, { size })
  assert.deepEqual(await two.get('ab/cd'), abc)
  MemoryBackend.drop('test-drop')
  const three = await MemoryBackend.open({ name: 'test-drop' })
  assert.deepEqual(await three.list(), { blobs: [] })
})

test('without a name each client has data of its own', async () => {
  const one = await MemoryBackend.open()
  const two = await MemoryBackend.open()
  await one.put('ab/cd', abc, { size })
  assert.deepEqual(await two.stat(['ab/cd']), [undefined])
})

test('opened without staging it refuses to stage', async () => {
  const backend = await MemoryBackend.open({ staging: false })
  assert.equal(backend.info.capabilities.staging, false)
  await assert.rejects(backend.stage(abc, { size }), (error) => isNexusError(error, 'Unsupported'))
})

test('keys stay in order through puts, deletes and lists in any turn', async () => {
  const backend = await MemoryBackend.open()
  const alive = new Set<string>()
  let state = 1
  for (let step = 0; step < 3000; step++) {
    state = (state * 48_271) % 2_147_483_647
    const key = `key-${state % 97}`
    if (state % 5 < 3) {
      await backend.put(key, abc, { size })
      alive.add(key)
    } else {
      await backend.delete([key])
      alive.delete(key)
    }
    if (state % 11 !== 0) continue
    const { blobs } = await backend.list()
    assert.deepEqual(
      blobs.map((blob) => blob.key),
      [...alive].sort(),
    )
  }
})
