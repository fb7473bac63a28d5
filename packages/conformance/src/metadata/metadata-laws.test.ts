import assert from 'node:assert/strict'
import { freshSeed } from 'nexusfs/testing'
import { describe, it } from 'vitest'
import sqliteSubject from '../../../nexusfs/src/metadata-stores/sqlite/sqlite-subject.test-fixture.ts'
import type { LawResult } from '../law.ts'
import { registerLaws } from '../register-laws.ts'
import { runConformance } from '../run-conformance.ts'
import { runLaw } from '../run-law.ts'
import { metadataLaws, metadataMutants } from './index.ts'
import { lawsThatApply, memory } from './metadata-subjects.test-fixture.ts'
import { overlappingSubject } from './overlapping-store.ts'

registerLaws(overlappingSubject(), { describe, it })

describe('the laws of MetadataStore', () => {
  it('run on memory within four seconds, on one of three tries', async () => {
    let spent = Number.POSITIVE_INFINITY
    for (let attempt = 0; attempt < 3 && spent >= 4_000; attempt++) {
      const began = performance.now()
      const report = await runConformance(memory)
      spent = performance.now() - began
      assert.equal(report.failed, 0)
    }
    assert.ok(spent < 4_000, `${spent} ms`)
  })

  it('about random cases fail their twins within the same number of cases, whatever the seed', { timeout: 120_000 }, async () => {
    const first = freshSeed()
    const twins = metadataMutants.filter(({ breaks }) => breaks.startsWith('random-'))
    assert.equal(twins.length, 2)
    for (const twin of twins) {
      const law = metadataLaws.find(({ id }) => id === twin.breaks)
      assert.ok(law, twin.id)
      for (let seed = first; seed < first + 10; seed++) {
        const result: LawResult = await runLaw(twin.mutate(memory), law, { seed })
        assert.equal(result.status, 'failed', `${twin.id} survives ${law.id} (seed ${seed})`)
      }
    }
  })

  it('are each failed by the mutant that breaks it', { timeout: 120_000 }, async () => {
    const seed = freshSeed()
    const [onMemory, onOverlapping] = [await lawsThatApply(memory), await lawsThatApply(overlappingSubject())]
    for (const mutant of metadataMutants.filter(({ breaks }) => !/^processes-|-synced$/.test(breaks))) {
      const law = metadataLaws.find(({ id }) => id === mutant.breaks)
      assert.ok(law, mutant.id)
      const inMemory = onMemory.has(law.id) ? memory : onOverlapping.has(law.id) ? overlappingSubject() : undefined
      const right = inMemory ?? sqliteSubject({ durability: 'os' })
      const result = await runLaw(mutant.mutate(right), law, { seed, deadlineMs: inMemory === undefined ? 10_000 : 1_000 })
      assert.equal(result.status, 'failed', `${mutant.id} survives ${law.id} (seed ${seed})`)
    }
  })
})
