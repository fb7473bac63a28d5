import { describe, it } from 'vitest'
import { metadataLaws } from '../../conformance/metadata/index.ts'
import { registerLaws } from '../../conformance/register-laws.ts'
import { subjectOf } from './sqlite-store.test-fixture.ts'

for (const durability of ['disk', 'os'] as const) {
  registerLaws(subjectOf({ durability, worker: 'always' }), { describe, it }, metadataLaws)
}
