import assert from 'node:assert/strict'
import { test } from 'vitest'
import type { StorageBackend } from '../../storage/storage-backend.ts'
import { MemoryBackend } from '../../storage-backends/memory/memory-backend.ts'
import { killMatrix, killMatrixProblems, killMatrixText } from '../kill-matrix.ts'
import type { ConformanceSubject } from '../law.ts'
import { storageLaws } from './laws.ts'
import { storageMutants } from './mutants/index.ts'

const memory: ConformanceSubject<StorageBackend> = {
  kind: 'storage',
  name: 'memory',
  isInProcess: true,
  open: (namespace) => MemoryBackend.open({ name: namespace }),
  dispose: async (namespace) => MemoryBackend.drop(namespace),
}

test('each law about one process is failed by a mutant of one behaviour, which fails at most three others', {
  timeout: 120_000,
}, async () => {
  const laws = storageLaws.filter(({ id }) => !id.startsWith('processes-'))
  const mutants = storageMutants.filter(({ breaks }) => !breaks.startsWith('processes-'))
  const matrix = await killMatrix(laws, mutants, memory)
  console.log(killMatrixText(matrix))
  assert.deepEqual(killMatrixProblems(matrix), [])
})
