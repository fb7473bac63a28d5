import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { registerLaws } from '@nexusfs/conformance'
import { LevelStore } from './level-store.ts'

const folder = await mkdtemp(join(tmpdir(), 'level-store-'))
after(() => rm(folder, { recursive: true, force: true }))

registerLaws(
  {
    kind: 'metadata',
    name: 'level',
    open: (namespace) => LevelStore.open(join(folder, namespace)),
    dispose: (namespace) => rm(join(folder, namespace), { recursive: true, force: true }),
  },
  { describe, it },
)
