import assert from 'node:assert/strict'
import type { MetadataStore } from 'nexusfs'
import { describe, it } from 'vitest'
import sqliteSubject from '../../../nexusfs/src/metadata-stores/sqlite/sqlite-subject.test-fixture.ts'
import { killMatrix, killMatrixProblems, killMatrixText } from '../kill-matrix.ts'
import type { ConformanceSubject } from '../law.ts'
import { metadataLaws, metadataMutants } from './index.ts'
import { lawsThatApply, memory } from './metadata-subjects.test-fixture.ts'
import { overlappingSubject } from './overlapping-store.ts'

describe('each law of MetadataStore', () => {
  it('is failed by a mutant of the memory store that fails at most three others', async () => {
    await checkMatrix(memory, () => true)
  })

  it('about what the memory store lacks is failed by a mutant of a store whose commits overlap', async () => {
    const onMemory = await lawsThatApply(memory)
    await checkMatrix(overlappingSubject(), (law) => !onMemory.has(law))
  })

  it('about backups is failed by a mutant of SQLite that fails no other of them', async () => {
    const laws = metadataLaws.filter(({ id }) => id.startsWith('backup-') && id !== 'backup-unsupported')
    const mutants = metadataMutants.filter(({ breaks }) => laws.some(({ id }) => id === breaks))
    const matrix = await killMatrix(laws, mutants, sqliteSubject({ durability: 'os' }), { deadlineMs: 10_000 })
    console.log(killMatrixText(matrix))
    assert.deepEqual(killMatrixProblems(matrix), [])
  })
})

/** Runs all laws that apply to the subject against the mutants that break the chosen ones. */
async function checkMatrix(subject: ConformanceSubject<MetadataStore>, isChosen: (law: string) => boolean): Promise<void> {
  const applicable = await lawsThatApply(subject)
  const laws = metadataLaws.filter(({ id }) => applicable.has(id))
  const mutants = metadataMutants.filter(({ breaks }) => applicable.has(breaks) && isChosen(breaks))
  const matrix = await killMatrix(laws, mutants, subject, { deadlineMs: 2_000 })
  console.log(killMatrixText(matrix))
  assert.deepEqual(killMatrixProblems({ ...matrix, laws: matrix.laws.filter(isChosen) }), [])
}
