import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { diskDurability, NexusError, namespaceFolder, pathOfUri } from 'nexusfs/adapter-kit'
import { defineConfig } from 'nexusfs/config'
import { LevelStore } from './level-store.ts'

export default defineConfig({
  metadata: {
    level: {
      label: 'LevelDB',
      traits: { durability: 'disk' },
      open: (context) => LevelStore.open(namespaceFolder(context), diskDurability(context.durability)),
      dispose: (_store, context) => rm(namespaceFolder(context), { recursive: true, force: true }),
      async openUri(uri, { cwd, durability, create }) {
        const path = pathOfUri(uri, cwd)
        const isThere = existsSync(join(path, 'CURRENT'))
        if (!create && !isThere) throw new NexusError('NotFound', `level: there is no database in ${path}`)
        return LevelStore.open(path, diskDurability(durability))
      },
    },
  },
})
