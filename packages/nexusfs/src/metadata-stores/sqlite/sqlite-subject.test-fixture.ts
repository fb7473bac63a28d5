import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConformanceSubject } from '@nexusfs/conformance'
import type { MetadataStore } from '../../metadata/metadata-store.ts'
import { SqliteStore, type SqliteStoreOptions } from './sqlite-store.ts'

export interface SqliteSubjectOptions extends Pick<SqliteStoreOptions, 'durability' | 'worker'> {
  /** The folder of all databases; the temporary one if absent. */
  readonly folder?: string
}

/** A database for each namespace, for the conformance kit; another process makes the same. */
export default function sqliteSubject(options: SqliteSubjectOptions): ConformanceSubject<MetadataStore> {
  const { folder = tmpdir(), durability, worker } = options
  const name = `sqlite in class ${durability}, worker: ${worker}`
  const folderOf = (namespace: string): string => join(folder, `nexus-${name.replaceAll(/\W+/g, '-')}-${namespace}`)
  return {
    kind: 'metadata',
    name,
    open: async (namespace) => {
      await mkdir(folderOf(namespace), { recursive: true })
      return SqliteStore.open({ path: join(folderOf(namespace), 'meta.db'), durability, worker })
    },
    dispose: (namespace) => rm(folderOf(namespace), { recursive: true, force: true }),
    hooks: { openBackup: (path) => SqliteStore.open({ path, create: false }) },
    otherProcess: { module: import.meta.url, options: { ...options, folder } },
  }
}
