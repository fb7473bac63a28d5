import assert from 'node:assert/strict'
import { test } from 'vitest'
import { killMatrix, killMatrixProblems, killMatrixText } from '../kill-matrix.ts'
import { laws, memory, mutants } from './storage-subjects.test-fixture.ts'

test('each law about one process, against each mutant', async () => {
  const matrix = await killMatrix(laws, mutants, memory, { deadlineMs: 20_000 })
  console.log(killMatrixText(matrix))
  assert.deepEqual(killMatrixProblems(matrix), [])
})
