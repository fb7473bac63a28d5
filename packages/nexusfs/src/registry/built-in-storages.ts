import { rm } from 'node:fs/promises'
import { diskDurability, memoryName, namespaceFolder } from './place.ts'
import type { StorageRegistration } from './registration.ts'
import { pathOfUri } from './uri.ts'

/** The storage backends that come with Nexus. A new one is one more line here: its name and its registration. */
export const builtInStorages: Readonly<Record<string, StorageRegistration>> = {
  local: {
    label: 'Local disk',
    schemes: ['file'],
    traits: { durability: 'disk', remote: false },
    async open(context) {
      const { LocalBackend } = await import('../storage-backends/local/local-backend.ts')
      return LocalBackend.open({ root: namespaceFolder(context), durability: diskDurability(context.durability), create: true })
    },
    async dispose(_port, context) {
      await rm(namespaceFolder(context), { recursive: true, force: true })
    },
    async openUri(uri, context) {
      const { LocalBackend } = await import('../storage-backends/local/local-backend.ts')
      const root = pathOfUri(uri, context.cwd)
      return LocalBackend.open({
        root,
        durability: diskDurability(context.durability),
        create: context.create,
        readOnly: context.readOnly,
      })
    },
    async abandon(port) {
      const { LocalBackend } = await import('../storage-backends/local/local-backend.ts')
      await (port instanceof LocalBackend ? port.abandon() : port.close())
    },
  },
  memory: {
    label: 'Memory of this process',
    traits: { durability: 'none', remote: false, inProcess: true },
    async open({ namespace }) {
      const { MemoryBackend } = await import('../storage-backends/memory/memory-backend.ts')
      return MemoryBackend.open({ name: namespace })
    },
    async dispose(_port, { namespace }) {
      const { MemoryBackend } = await import('../storage-backends/memory/memory-backend.ts')
      MemoryBackend.drop(namespace)
    },
    async openUri(uri) {
      const { MemoryBackend } = await import('../storage-backends/memory/memory-backend.ts')
      return MemoryBackend.open({ name: memoryName(uri) })
    },
  },
}
