import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import sqliteSubject from '../../nexusfs/src/metadata-stores/sqlite/sqlite-subject.test-fixture.ts'
import localSubject from '../../nexusfs/src/storage-backends/local/local-subject.test-fixture.ts'
import type { ConformancePort, ConformanceSubject, Law, LawResult } from './law.ts'
import { metadataLaws, metadataMutants } from './metadata/index.ts'
import { type Mutant, mutated } from './mutant.ts'
import { canTrace } from './other-process/syncs.ts'
import { runLaw } from './run-law.ts'
import { storageLaws, storageMutants } from './storage/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'nexus-synced-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the laws about syncs, under strace', () => {
  it('are checked here', () => assert.ok(canTrace(), 'strace is not installed, or may not trace'))

  for (const durability of ['disk', 'os'] as const) {
    const storage = localSubject({ folder, durability })
    const metadata = sqliteSubject({ folder, durability, worker: 'never' })

    it(`are kept by the built-in adapters in class disk, and do not apply to class os (${durability})`, async () => {
      const expected = durability === 'disk' ? 'passed' : 'skipped'
      assertStatus(await check(storage, storageLaws, 'put-synced'), expected)
      assertStatus(await check(metadata, metadataLaws, 'commit-synced'), expected)
    })
  }

  it('are failed by adapters that say disk and do not sync', async () => {
    const storage = localSubject({ folder, durability: 'os' })
    const metadata = sqliteSubject({ folder, durability: 'os', worker: 'never' })
    assertStatus(await check(mutantOf(storageMutants, storage), storageLaws, 'put-synced'), 'failed')
    assertStatus(await check(mutantOf(metadataMutants, metadata), metadataLaws, 'commit-synced'), 'failed')
  })
})

function mutantOf<Port extends ConformancePort>(
  mutants: readonly Mutant<Port>[],
  subject: ConformanceSubject<Port>,
): ConformanceSubject<Port> {
  const mutant = mutants.find(({ id }) => id === 'says-disk')
  assert.ok(mutant)
  return mutated(mutant, subject)
}

async function check<Port extends ConformancePort>(
  subject: ConformanceSubject<Port>,
  laws: readonly Law<Port>[],
  id: string,
): Promise<LawResult> {
  const law = laws.find((candidate) => candidate.id === id)
  assert.ok(law)
  return await runLaw(subject, law, { seed: 1 })
}

function assertStatus(result: LawResult, expected: LawResult['status']): void {
  const detail = 'reproduction' in result ? result.reproduction : 'reason' in result ? result.reason : ''
  assert.equal(result.status, expected, detail)
  if (expected === 'failed') assert.match(detail, /no system call that writes to the disk/)
}
