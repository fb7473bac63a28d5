// Guards: fs/commit/*.ts, metadata-stores/sqlite/*.ts, storage-backends/local/*.ts

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { openNexus } from 'nexusfs'
import { describe, it } from 'vitest'
import { all, combinations, together } from '../regressions/combinations.ts'
import { runNexus, temporaryFolder } from './processes.ts'
import { appendTogether, countTogether, createTogether, readWhatWasAcknowledged, writeBelowWhatMoves } from './scenarios.ts'

for (const [combination, makeStore] of Object.entries(combinations)) {
  describe(`writers of one process, on ${combination}`, () => {
    it('50 at once on 50 paths: no error, every byte in place', async () => {
      await using store = await makeStore()
      const fs = await store.open()
      const bytes = (n: number): Uint8Array => new Uint8Array(10_240).fill(n)
      const entries = await together(50, (n) => fs.write(`/agents/${n % 5}/${n}`, bytes(n)))
      assert.deepEqual(new Set(entries.map(({ version }) => version)), new Set([1]))
      for (let n = 0; n < 50; n++) assert.deepEqual(await fs.read(`/agents/${n % 5}/${n}`), bytes(n))
    })

    it('10 at once on one path: no error, versions without gaps, each returned once', async () => {
      await using store = await makeStore()
      const clients = await together(2, () => store.open())
      const returned = await together(10, async (writer) => {
        const mine: number[] = []
        for (let n = 0; n < 5; n++) mine.push((await clients[writer % 2]?.write('/one', `${writer} ${n}`))?.version ?? 0)
        assert.deepEqual(
          mine,
          [...mine].sort((a, b) => a - b),
        )
        return mine
      })
      const expected = Array.from({ length: 50 }, (_, n) => n + 1)
      assert.deepEqual(
        returned.flat().sort((a, b) => a - b),
        expected,
      )
      const versions = await all(clients[0]?.versions('/one') ?? [])
      assert.deepEqual(versions.map(({ version }) => version).reverse(), expected)
      assert.equal(new Set(versions.map(({ etag }) => etag)).size, 50)
    })

    it('appenders and editors of two clients: every change is in', async () => {
      await using store = await makeStore()
      const clients = await together(2, () => store.open())
      await together(20, async (n) => {
        const fs = clients[n % 2]
        await fs?.append('/lines', `${n}\n`)
        await fs?.edit('/sum', (before) => String(Number(Buffer.from(before ?? []).toString()) + n))
      })
      const lines = (await clients[0]?.readText('/lines'))?.trim().split('\n').map(Number)
      assert.deepEqual(
        lines?.sort((a, b) => a - b),
        Array.from({ length: 20 }, (_, n) => n),
      )
      assert.equal(await clients[1]?.readText('/sum'), '190')
    })
  })
}

describe('several processes on one folder', () => {
  it('add to one number by compare-and-set: exact', () => countTogether(3, 20))
  it('append to one file, many at once in each: every line, every version', () => appendTogether(2, 5, 10))
  it('create the same paths: one winner each', () => createTogether(3, 40))
  it('read what another has acknowledged', () => readWhatWasAcknowledged(100))
  it('never write into a removed directory', () => writeBelowWhatMoves(2, 5))

  it('are an app and the command on one ./data', async () => {
    await using folder = await temporaryFolder()
    const data = join(folder.path, 'data')
    await using app = await openNexus(data, { author: 'app' })
    await app.write('/plans/a.md', 'from the app')
    assert.deepEqual(await runNexus(['cat', '/plans/a.md', '--store', data]), { code: 0, stdout: 'from the app', stderr: '' })
    assert.equal((await runNexus(['write', '/plans/a.md', '-', '--store', data], 'from the command')).code, 0)
    assert.equal(await app.readText('/plans/a.md'), 'from the command')
    const stat = await app.stat('/plans/a.md')
    assert.equal(stat?.kind === 'file' && stat.version, 2)
    assert.equal((await runNexus(['mv', '/plans', '/done', '--store', data])).code, 0)
    assert.equal(await app.readText('/done/a.md'), 'from the command')
    assert.equal(await app.exists('/plans/a.md'), false)
    const etag = stat?.kind === 'file' ? stat.etag : ''
    await app.write('/done/a.md', 'newer', { ifMatch: etag })
    const late = await runNexus(['write', '/done/a.md', '-', '--if-match', etag, '--store', data], 'too late')
    assert.equal(late.code, 4, late.stderr)
    assert.equal(await app.readText('/done/a.md'), 'newer')
  })
})
