import assert from 'node:assert/strict'
import type { StorageBackend } from 'nexusfs'
import { MemoryBackend } from 'nexusfs/memory'
import { test } from 'vitest'
import { expectEqual } from './expect.ts'
import { killMatrix, killMatrixProblems, killMatrixText } from './kill-matrix.ts'
import type { ConformanceSubject, Law } from './law.ts'
import { type Mutant, replacing, wrapPorts } from './mutant.ts'

const subject: ConformanceSubject<StorageBackend> = { kind: 'storage', name: 'memory', open: () => MemoryBackend.open() }

const nothing: Law<StorageBackend> = {
  id: 'list-nothing',
  title: 'a fresh namespace is empty',
  member: 'list',
  sentence: 'It is empty.',
  check: async ({ port }) => expectEqual(await port.list(), { blobs: [] }, 'list'),
}
const nobody: Law<StorageBackend> = {
  id: 'stat-nobody',
  title: 'nobody is there',
  member: 'list',
  sentence: 'It is empty.',
  check: async ({ port }) => expectEqual(await port.stat(['no/body']), [undefined], 'stat'),
}

function mutant(id: string, breaks: string, members: Partial<StorageBackend>): Mutant<StorageBackend> {
  const mutate = (right: typeof subject): typeof subject => wrapPorts(right, (port) => replacing(port, members))
  return { id, breaks, description: `is ${id}`, mutate }
}

const wrongStat: Partial<StorageBackend> = { stat: async () => [{ size: 0 }] }
const wrongList: Partial<StorageBackend> = { list: async () => ({ blobs: [{ key: 'no/body', size: 0 }] }) }
const haunted = mutant('haunted', 'stat-nobody', wrongStat)
const crowded = mutant('crowded', 'list-nothing', wrongList)

test('a matrix of laws that each have a mutant has no problems', async () => {
  const matrix = await killMatrix([nothing, nobody], [haunted, crowded], subject, { seed: 1 })
  assert.deepEqual(killMatrixProblems(matrix), [])
  assert.equal(
    killMatrixText(matrix),
    'haunted  killed by stat-nobody\ncrowded  killed by list-nothing\nmemory: 2 of 2 mutants killed (seed 1)',
  )
})

test('a law without a mutant, a mutant that survives and one that fails too much are named', async () => {
  const harmless = mutant('harmless', 'list-nothing', {})
  const useless = mutant('useless', 'stat-nobody', { ...wrongStat, ...wrongList })
  const matrix = await killMatrix([nothing, nobody], [harmless, useless], subject, { seed: 1 })
  assert.deepEqual(killMatrixProblems(matrix, 0), [
    'no mutant fails the law list-nothing',
    'the mutant harmless (is harmless) survives its law list-nothing',
    'the mutant useless fails too much: list-nothing, stat-nobody',
  ])
})

test('a mutant whose calls hang is killed at the deadline', async () => {
  const asleep = mutant('asleep', 'list-nothing', { list: () => new Promise(() => {}) })
  const matrix = await killMatrix([nothing], [asleep], subject, { deadlineMs: 20 })
  assert.deepEqual(matrix.rows[0]?.failed, ['list-nothing'])
})
