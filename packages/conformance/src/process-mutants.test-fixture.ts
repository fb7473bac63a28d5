import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MetadataStore, StorageBackend } from 'nexusfs'
import { afterAll } from 'vitest'
import sqliteSubject from '../../nexusfs/src/metadata-stores/sqlite/sqlite-subject.test-fixture.ts'
import localSubject from '../../nexusfs/src/storage-backends/local/local-subject.test-fixture.ts'
import type { ConformanceSubject } from './law.ts'

/** Right subjects that processes share, in a folder that is removed at the end of the test file. */
export function sharedSubjects(): {
  readonly storage: ConformanceSubject<StorageBackend>
  readonly metadata: ConformanceSubject<MetadataStore>
} {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-processes-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const storage = localSubject({ folder, durability: 'os' })
  return { storage, metadata: sqliteSubject({ folder, durability: 'os', worker: 'never' }) }
}
