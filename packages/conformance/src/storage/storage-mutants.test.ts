import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { killMatrix, killMatrixProblems, killMatrixText } from '../kill-matrix.ts'
import { laws, memory, mutants } from './storage-subjects.test-fixture.ts'
import { volumeLaws } from './volume-laws.ts'

const isOfVolume = (law: string): boolean => volumeLaws.some(({ id }) => id === law)

describe('each law about one process is failed by a mutant of one behaviour, which fails at most three others', () => {
  it('of those that look at little', { timeout: 120_000 }, async () => {
    const matrix = await killMatrix(
      laws.filter(({ id }) => !isOfVolume(id)),
      mutants.filter(({ breaks }) => !isOfVolume(breaks)),
      memory,
    )
    console.log(killMatrixText(matrix))
    assert.deepEqual(killMatrixProblems(matrix), [])
  })

  it('of those about much, among all', { timeout: 120_000 }, async () => {
    const matrix = await killMatrix(
      laws,
      mutants.filter(({ breaks }) => isOfVolume(breaks)),
      memory,
    )
    console.log(killMatrixText(matrix))
    assert.deepEqual(killMatrixProblems({ ...matrix, laws: matrix.laws.filter(isOfVolume) }), [])
  })
})
