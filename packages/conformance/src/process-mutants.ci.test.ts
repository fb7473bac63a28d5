import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { killMatrix, killMatrixProblems, killMatrixText } from './kill-matrix.ts'
import type { ConformancePort, ConformanceSubject, Law } from './law.ts'
import { metadataLaws, metadataMutants } from './metadata/index.ts'
import type { Mutant } from './mutant.ts'
import { sharedSubjects } from './process-mutants.test-fixture.ts'
import { storageLaws, storageMutants } from './storage/index.ts'

const { storage, metadata } = sharedSubjects()

describe('a subject that is right within each process and wrong between two', () => {
  it('keeps all laws of StorageBackend but one about processes, or two', () => checkMatrix(storageLaws, storageMutants, storage))
  it('keeps all laws of MetadataStore but one about processes, or two', () =>
    checkMatrix(metadataLaws, metadataMutants, metadata))
})

async function checkMatrix<Port extends ConformancePort>(
  laws: readonly Law<Port>[],
  mutants: readonly Mutant<Port>[],
  subject: ConformanceSubject<Port>,
): Promise<void> {
  const ofProcesses = ({ breaks }: Mutant<Port>): boolean => breaks.startsWith('processes-')
  const matrix = await killMatrix(laws, mutants.filter(ofProcesses), subject, { deadlineMs: 20_000 })
  console.log(killMatrixText(matrix))
  assert.deepEqual(
    killMatrixProblems({ ...matrix, laws: laws.map(({ id }) => id).filter((id) => id.startsWith('processes-')) }),
    [],
  )
  const failed = matrix.rows.flatMap((row) => row.failed)
  assert.deepEqual(
    failed.filter((id) => !id.startsWith('processes-')),
    [],
  )
}
