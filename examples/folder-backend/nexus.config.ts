import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { NexusError, namespaceFolder, pathOfUri } from 'nexusfs/adapter-kit'
import { defineConfig } from 'nexusfs/config'
import { FolderBackend } from './folder-backend.ts'

export default defineConfig({
  storages: {
    folder: {
      label: 'One folder',
      traits: { durability: 'os' },
      open: (context) => FolderBackend.open(namespaceFolder(context)),
      dispose: (_backend, context) => rm(namespaceFolder(context), { recursive: true, force: true }),
      async openUri(uri, { cwd, create }) {
        const folder = pathOfUri(uri, cwd)
        if (!create && !existsSync(folder)) throw new NexusError('NotFound', `folder: there is no folder ${folder}`)
        return FolderBackend.open(folder)
      },
    },
  },
})
