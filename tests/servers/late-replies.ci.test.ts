// Guards: fs/commit/committer.ts, metadata-stores/postgres/*.ts, metadata-stores/redis/*.ts

import assert from 'node:assert/strict'
import { FaultPlan, FaultyStore } from 'nexusfs/testing'
import { describe, it } from 'vitest'
import { CommitWatch } from './commit-watch.ts'
import { serverFixture, sharedServer } from './server-fixtures.ts'
import { WrittenHistory } from './written-history.ts'

const servers = [['postgres', await sharedServer('postgres')] as const, ['redis', await sharedServer('redis')] as const]
const random = { fraction: () => Math.random(), bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) }

for (const [kind, server] of servers) {
  describe.skipIf(server === undefined)(`a commit that is applied 200 ms after its error, on local-${kind}`, () => {
    it('never takes effect beside its repetition', async () => {
      await using fixture = await serverFixture(kind, server?.url ?? '')
      const plan = new FaultPlan(random)
      const layers: { watch: CommitWatch; faulty: FaultyStore }[] = []
      const fs = await fixture.open({
        inlineBytes: 128,
        overMetadata: (store) => {
          const faulty = new FaultyStore(store, plan)
          const watch = new CommitWatch(faulty)
          layers.push({ watch, faulty })
          return watch
        },
      })
      const [{ watch, faulty } = assert.fail('no store was opened')] = layers
      const history = new WrittenHistory()
      for (const path of ['/shared', '/d/0', '/d/1', '/d/2', '/d/3']) await history.write(fs, path)
      plan.add({ method: 'commit', mode: { kind: 'late', delayMs: 200 }, when: { probability: 0.3 } })
      plan.add({ method: 'commit', mode: { kind: 'after' }, when: { probability: 0.2 } })
      plan.add({ method: 'commit', mode: { kind: 'before' }, when: { probability: 0.1 } })
      for (let round = 0; round < 40; round++) {
        const paths = ['/shared', '/shared', `/d/${round % 4}`, `/new-${round}`]
        await Promise.all(paths.map((path) => history.write(fs, path)))
      }
      plan.clear()
      await faulty.settled()

      const report = await history.check(await fixture.open())
      const fates = await watch.fates()
      const hits = { before: plan.hits('before'), during: plan.hits('late'), after: plan.hits('after') }
      console.log(`${kind}: hit ${JSON.stringify(hits)}; ambiguous commits ${JSON.stringify(fates)}; ${JSON.stringify(report)}`)
      assert.deepEqual(report.violations, [])
      assert.equal(report.unknown, 0, 'every write found out what became of it')
      for (const [moment, count] of Object.entries(hits)) assert.ok(count > 0, `never ${moment}`)
      assert.ok(watch.ambiguous.size >= 50, `only ${watch.ambiguous.size} commits were ambiguous`)
    })
  })
}
