import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { metadataLaws } from '../../conformance/metadata/index.ts'
import { registerLaws } from '../../conformance/register-laws.ts'
import { SqliteStore } from './sqlite-store.ts'

for (const durability of ['disk', 'os'] as const) {
  for (const worker of ['never', 'always'] as const) {
    const folderOf = (namespace: string): string =>
      join(tmpdir(), `nexus-sqlite-${process.pid}-${durability}-${worker}-${namespace}`)
    registerLaws(
      {
        kind: 'metadata',
        name: `sqlite in class ${durability}, worker: ${worker}`,
        open: async (namespace) => {
          await mkdir(folderOf(namespace), { recursive: true })
          return SqliteStore.open({ path: join(folderOf(namespace), 'meta.db'), durability, worker })
        },
        dispose: (namespace) => rm(folderOf(namespace), { recursive: true, force: true }),
      },
      { describe, it },
      metadataLaws,
    )
  }
}
