import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { killMatrix, killMatrixProblems } from './kill-matrix.ts'
import type { ConformancePort, ConformanceSubject, Law } from './law.ts'
import { metadataLaws, metadataMutants } from './metadata/index.ts'
import type { Mutant } from './mutant.ts'
import { sharedSubjects } from './process-mutants.test-fixture.ts'
import { storageLaws, storageMutants } from './storage/index.ts'

const { storage, metadata } = sharedSubjects()

/** The laws about several clients of one process, which these mutants keep. */
const ofClients = {
  storage: ['clients-see-puts', 'clients-see-deletes', 'clients-put-at-once', 'put-many-at-once', 'list-fresh', 'close-alone'],
  metadata: [
    'read-own-acks',
    'commit-serial-clients',
    'create-race',
    'no-write-skew',
    'commit-real-time',
    'horizon-reaches-others',
    'watch-others',
  ],
}

describe('a law about processes', () => {
  it('of StorageBackend is failed by a backend that is right within each process', { timeout: 120_000 }, () =>
    checkEach(storageLaws, storageMutants, storage, ofClients.storage),
  )

  it('of MetadataStore is failed by a store that is right within each process', { timeout: 120_000 }, () =>
    checkEach(metadataLaws, metadataMutants, metadata, ofClients.metadata),
  )
})

/** Each mutant against its own law, and against others that it keeps. */
async function checkEach<Port extends ConformancePort>(
  laws: readonly Law<Port>[],
  mutants: readonly Mutant<Port>[],
  subject: ConformanceSubject<Port>,
  kept: readonly string[],
): Promise<void> {
  for (const mutant of mutants.filter(({ breaks }) => breaks.startsWith('processes-'))) {
    const chosen = laws.filter(({ id }) => id === mutant.breaks || kept.includes(id))
    assert.equal(chosen.length, kept.length + 1)
    // The listener of a wrong watch is waited for in vain.
    const deadlineMs = mutant.breaks === 'processes-watch' ? 4_000 : 20_000
    const matrix = await killMatrix(chosen, [mutant], subject, { deadlineMs })
    assert.deepEqual(killMatrixProblems({ ...matrix, laws: [mutant.breaks] }, 0), [])
  }
}
