import { join } from 'node:path'
import type { ConformanceSubject } from '@nexusfs/conformance'
import type { StorageBackend } from '../../storage/storage-backend.ts'
import { LocalBackend } from './local-backend.ts'

export interface LocalSubjectOptions {
  readonly folder: string
  readonly durability: 'disk' | 'os'
}

/** A root of each namespace, for the conformance kit; another process makes the same. */
export default function localSubject(options: LocalSubjectOptions): ConformanceSubject<StorageBackend> {
  const { folder, durability } = options
  return {
    kind: 'storage',
    name: `local (${durability})`,
    open: (namespace) => LocalBackend.open({ root: join(folder, durability, namespace), durability }),
    otherProcess: { module: import.meta.url, options },
  }
}
