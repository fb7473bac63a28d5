// Guards: metadata-stores/sqlite/sqlite-store.ts, metadata-stores/sqlite/read-cache.ts

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'vitest'
import { fromUtf8 } from '../../core/bytes.ts'
import {
  commitOf,
  inAnotherProcess,
  keyOf,
  outputOf,
  put,
  revisionOf,
  testFolder,
  testStore,
} from './sqlite-store.test-fixture.ts'

/** Says that it is ready, waits for a word, then adds one to a counter, by compare and set, so many times; says how often it lost. */
const increments = (file: string, times: number): string => `
import { SqliteStore } from '%/sqlite-store.ts'
const store = await SqliteStore.open({ path: ${JSON.stringify(file)}, durability: 'os' })
const key = { group: Buffer.from('g'), item: Buffer.from('counter') }
console.log('ready')
await new Promise((resolve) => process.stdin.once('data', resolve))
process.stdin.destroy()
let lost = 0
for (let done = 0; done < ${times}; ) {
  const [found] = (await store.read({ get: [key] })).get
  const value = Buffer.from(String(Number(Buffer.from(found.value)) + 1))
  const expect = [{ kind: 'at', key, revision: found.revision }]
  const [result] = await store.commit([{ expect, writes: [{ kind: 'put', key, value }] }])
  if (result.status === 'committed') done += 1
  else lost += 1
}
await store.close()
console.log(lost)
`

/** Takes the write lock, says so, and keeps it. */
const holdLock = (file: string, ms: number): string => `
import { DatabaseSync } from 'node:sqlite'
const database = new DatabaseSync(${JSON.stringify(file)})
database.exec('BEGIN IMMEDIATE')
console.log('held')
setTimeout(() => database.exec('ROLLBACK'), ${ms})
`

/** A process whose clock is a day ahead commits once. */
const commitTomorrow = (file: string): string => `
const now = Date.now
Date.now = () => now() + 86_400_000
const { SqliteStore } = await import('%/sqlite-store.ts')
const store = await SqliteStore.open({ path: ${JSON.stringify(file)}, worker: 'never' })
const { time } = await store.read({})
await store.commit([{ expect: [], writes: [{ kind: 'put', key: { group: Buffer.from('g'), item: Buffer.from('x') }, value: Buffer.from('') }] }])
await store.close()
console.log(time)
`

describe('one database file', () => {
  it('is opened by all of many processes that find a new file at once', { timeout: 120_000 }, async () => {
    await using folder = await testFolder()
    const opener = `
      const { SqliteStore } = await import('%/sqlite-store.ts')
      console.log('ready')
      await new Promise((resolve) => process.stdin.once('data', resolve))
      process.stdin.destroy()
      let refused = ''
      for (let file = 0; file < 25; file++) {
        await SqliteStore.open({ path: ${JSON.stringify(folder.path)} + '/' + file + '.db', durability: 'os', worker: 'never' })
          .then((store) => store.close(), (error) => { refused = error.message })
      }
      console.log(refused)`
    const others = Array.from({ length: 4 }, () => inAnotherProcess(opener))
    const outputs = others.map(outputOf)
    await Promise.all(others.map((other) => other.stdout && once(other.stdout, 'data')))
    for (const other of others) other.stdin?.write('go')
    for (const output of await Promise.all(outputs)) assert.equal(output.trim(), 'ready')
  })

  it('has a time that never runs back, whatever the clocks of the processes say', async () => {
    await using test = await testStore({ durability: 'os' })
    const { time: before } = await test.store.read({})
    const tomorrow = Number(await outputOf(inAnotherProcess(commitTomorrow(test.file))))
    assert.ok(tomorrow > before + 80_000_000)
    const { time: after } = await test.store.read({ get: [keyOf('x')] })
    assert.ok(after >= tomorrow, `${after} is below ${tomorrow}`)
    const later = await test.another()
    await later.commit([commitOf(put('y', ''))])
    assert.ok((await later.read({ get: [keyOf('y')] })).time >= tomorrow)
  })

  it('counts exactly while three processes increment by compare and set', { timeout: 120_000 }, async () => {
    await using test = await testStore({ durability: 'os' })
    await test.store.commit([commitOf(put('counter', '0'))])
    const others = Array.from({ length: 3 }, () => inAnotherProcess(increments(test.file, 200)))
    const outputs = others.map(outputOf)
    await Promise.all(others.map((other) => other.stdout && once(other.stdout, 'data')))
    for (const other of others) other.stdin?.write('go')
    const lost = (await Promise.all(outputs)).map((output) => Number(output.replace('ready', '')))
    assert.ok(
      lost.some((times) => times > 0),
      'the processes never met: the test proved nothing',
    )
    const [found] = (await test.store.read({ get: [keyOf('counter')] })).get
    assert.equal(found && fromUtf8(found.value), '600')
    assert.equal(found?.revision, 601)
  })

  it('counts exactly while four stores of one process increment by compare and set', async () => {
    await using test = await testStore({ durability: 'os' })
    await test.store.commit([commitOf(put('counter', '0'))])
    const stores = [test.store, await test.another(), await test.another({ worker: 'always' }), await test.another()]
    await Promise.all(
      stores.map(async (store) => {
        for (let done = 0; done < 50; ) {
          const [found] = (await store.read({ get: [keyOf('counter')] })).get
          assert.ok(found !== undefined)
          const next = put('counter', String(Number(fromUtf8(found.value)) + 1))
          const [result] = await store.commit([commitOf(next, { kind: 'at', key: keyOf('counter'), revision: found.revision })])
          if (result?.status === 'committed') done += 1
          else await new Promise((resolve) => setTimeout(resolve, Math.random() * 3))
        }
      }),
    )
    for (const store of stores) {
      const [found] = (await store.read({ get: [keyOf('counter')] })).get
      assert.equal(found && fromUtf8(found.value), '200')
    }
  })

  it('leaves the event loop running while another process holds the write lock', { timeout: 60_000 }, async () => {
    await using test = await testStore()
    const gaps: number[] = []
    for (let round = 0; round < 3; round++) {
      const other = inAnotherProcess(holdLock(test.file, 400))
      const ended = once(other, 'close')
      assert.ok(other.stdout !== null)
      await once(other.stdout, 'data')
      const gap = longestGap()
      const start = performance.now()
      revisionOf((await test.store.commit([commitOf(put('a', 'v'))]))[0])
      const waited = performance.now() - start
      assert.ok(waited > 200, `the commit did not have to wait: ${waited} ms`)
      gaps.push(gap())
      await ended
    }
    // A busy machine makes gaps of its own; waiting inside SQLite would make one of 400 ms each time.
    assert.ok(Math.min(...gaps) < 50, `the loop stood still for ${gaps.map(Math.round).join(', ')} ms`)
  })
})

/** Returns the longest time between two ticks of a timer since the call, in ms. */
function longestGap(): () => number {
  let last = performance.now()
  let longest = 0
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 2)
  return () => {
    clearInterval(timer)
    return Math.max(longest, performance.now() - last)
  }
}
