// Guards: storage-backends/local/*.ts

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { registerLaws, storageLaws } from '@nexusfs/conformance'
import { afterAll, describe, it } from 'vitest'
import localSubject from './local-subject.test-fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'nexus-local-laws-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

for (const durability of ['disk', 'os'] as const) {
  registerLaws(localSubject({ folder, durability }), { describe, it }, storageLaws)
}
