import { describe, it } from 'vitest'
import { metadataLaws } from '../../conformance/metadata/index.ts'
import { registerLaws } from '../../conformance/register-laws.ts'
import sqliteSubject from './sqlite-subject.test-fixture.ts'

for (const durability of ['disk', 'os'] as const) {
  registerLaws(sqliteSubject({ durability, worker: 'always' }), { describe, it }, metadataLaws)
}
