import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import sqliteSubject from '../metadata-stores/sqlite/sqlite-subject.test-fixture.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import localSubject from '../storage-backends/local/local-subject.test-fixture.ts'
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
