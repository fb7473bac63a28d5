import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConformanceSubject } from '@nexusfs/conformance'
import type { StorageBackend } from 'nexusfs'
import { FolderBackend } from './folder-backend.ts'

/** A folder of each namespace. The laws about processes start one, which makes the same subject out of this module. */
export default function folderSubject(folder: string): ConformanceSubject<StorageBackend> {
  return {
    kind: 'storage',
    name: 'folder',
    open: (namespace) => FolderBackend.open(join(folder, namespace)),
    dispose: (namespace) => rm(join(folder, namespace), { recursive: true, force: true }),
    otherProcess: { module: import.meta.url, options: folder },
  }
}
