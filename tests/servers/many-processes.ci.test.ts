// Guards: fs/commit/*.ts, metadata-stores/postgres/*.ts, metadata-stores/redis/*.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { nextMessage, runTogether, startWorker } from './processes.ts'
import { type ServerFixture, type ServerKind, serverFixture, sharedServer } from './server-fixtures.ts'

const processes = 8
const increments = 1000

const servers = [['postgres', await sharedServer('postgres')] as const, ['redis', await sharedServer('redis')] as const]

for (const [kind, server] of servers) {
  describe.skipIf(server === undefined)(`${processes} processes on local-${kind}`, () => {
    const withFixture = async (work: (fixture: ServerFixture) => Promise<void>): Promise<void> => {
      await using fixture = await serverFixture(kind, server?.url ?? '')
      await work(fixture)
    }

    it(`add 1 to one number ${increments} times each, by compare-and-set: exact`, () => withFixture(countTogether))
    it('write one path without preconditions: no error, versions without gaps, each told once', () =>
      withFixture(overwriteTogether))
    it('create the same 200 paths: one winner each', () => withFixture(createTogether))
    it('read next what another has acknowledged', () => withFixture(readWhatWasAcknowledged))
  })
}

const started = (kind: ServerKind, what: string): ((detail: string) => void) => {
  const began = performance.now()
  return (detail) => console.log(`${kind}: ${what} in ${((performance.now() - began) / 1000).toFixed(1)} s, ${detail}`)
}

async function countTogether(fixture: ServerFixture): Promise<void> {
  const fs = await fixture.open()
  await fs.write('/counter', '0')
  const workers = Array.from({ length: processes }, () =>
    startWorker(fixture, 'increment', { path: '/counter', times: increments }),
  )
  await Promise.all(workers.map(({ ready, result }) => Promise.race([ready, result])))
  const ended = started(fixture.kind, `${processes * increments} increments`)
  const conflicts = await runTogether(workers)
  const total = conflicts.reduce((a, b) => a + b, 0)
  ended(`${total} lost races`)
  assert.equal(await fs.readText('/counter'), String(processes * increments))
  const stat = await fs.stat('/counter')
  assert.equal(stat?.kind === 'file' && stat.version, processes * increments + 1)
  assert.ok(total > 0, 'the processes never met')
}

async function overwriteTogether(fixture: ServerFixture): Promise<void> {
  const fs = await fixture.open()
  const times = 100
  const workers = Array.from({ length: processes }, (_, n) =>
    startWorker(fixture, 'overwrite', { path: '/d/one', times, name: `p${n}` }),
  )
  const told = await runTogether(workers)
  for (const mine of told)
    assert.deepEqual(
      mine,
      mine.toSorted((a, b) => a - b),
    )
  const expected = Array.from({ length: processes * times }, (_, n) => n + 1)
  assert.deepEqual(
    told.flat().sort((a, b) => a - b),
    expected,
  )
  for (const [n, mine] of told.entries()) {
    for (const at of [0, times - 1]) assert.equal(await fs.readText('/d/one', { version: mine[at] }), `p${n} ${at}`)
  }
}

async function createTogether(fixture: ServerFixture): Promise<void> {
  const fs = await fixture.open()
  const paths = Array.from({ length: 200 }, (_, n) => `/race/${n % 7}/${n}`)
  const workers = Array.from({ length: processes }, (_, n) => startWorker(fixture, 'create', { paths, name: `p${n}` }))
  const won = await runTogether(workers)
  assert.deepEqual(won.flat().sort(), paths.toSorted())
  for (const [n, mine] of won.entries()) {
    for (const path of mine) {
      const { content, stat } = await fs.readWithStat(path)
      assert.deepEqual([Buffer.from(content).toString(), stat.version], [`p${n}`, 1], path)
    }
  }
}

async function readWhatWasAcknowledged(fixture: ServerFixture): Promise<void> {
  const fs = await fixture.open({ inlineBytes: 128 })
  const reader = startWorker(fixture, 'readOnRequest', {})
  await reader.ready
  reader.child.send('go')
  assert.equal(await nextMessage(reader, 'text'), 'ready')
  for (let round = 0; round < 500; round++) {
    const text = round % 2 === 0 ? `round ${round}` : `round ${round} `.repeat(100)
    await fs.write('/d/file', text)
    const read = nextMessage(reader, 'text')
    reader.child.send('/d/file')
    assert.equal(await read, text)
  }
  reader.child.send('stop')
  await reader.result
}
