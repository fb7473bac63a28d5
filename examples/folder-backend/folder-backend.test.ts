import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { registerLaws } from 'nexusfs/conformance'
import { FolderBackend } from './folder-backend.ts'

const folder = await mkdtemp(join(tmpdir(), 'folder-backend-'))
after(() => rm(folder, { recursive: true, force: true }))

registerLaws(
  {
    kind: 'storage',
    name: 'folder',
    open: (namespace) => FolderBackend.open(join(folder, namespace)),
    dispose: (namespace) => rm(join(folder, namespace), { recursive: true, force: true }),
  },
  { describe, it },
)
