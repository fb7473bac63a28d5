import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { registerLaws, storageLaws } from '../../conformance/index.ts'
import { LocalBackend } from './local-backend.ts'

const folder = mkdtempSync(join(tmpdir(), 'nexus-local-laws-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

for (const durability of ['disk', 'os'] as const) {
  registerLaws(
    {
      kind: 'storage',
      name: `local (${durability})`,
      open: (namespace) => LocalBackend.open({ root: join(folder, durability, namespace), durability }),
    },
    { describe, it },
    storageLaws,
  )
}
