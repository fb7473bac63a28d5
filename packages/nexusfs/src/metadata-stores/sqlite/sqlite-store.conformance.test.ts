// Guards: metadata-stores/sqlite/*.ts

import { metadataLaws, registerLaws } from '@nexusfs/conformance'
import { describe, it } from 'vitest'
import sqliteSubject from './sqlite-subject.test-fixture.ts'

for (const durability of ['disk', 'os'] as const) {
  registerLaws(sqliteSubject({ durability, worker: 'never' }), { describe, it }, metadataLaws)
}
