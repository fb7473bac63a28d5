import { rm } from 'node:fs/promises'
import { diskDurability, memoryName, namespaceFile } from './place.ts'
import { postgresRegistration } from './postgres-registration.ts'
import { redisRegistration } from './redis-registration.ts'
import type { MetadataRegistration } from './registration.ts'
import { pathOfUri } from './uri.ts'

/** The metadata stores that come with Nexus. A new one is one more line here: its name and its registration. */
export const builtInMetadata: Readonly<Record<string, MetadataRegistration>> = {
  sqlite: {
    label: 'SQLite',
    traits: { durability: 'disk', remote: false },
    async open(context) {
      const { SqliteStore } = await import('../metadata-stores/sqlite/sqlite-store.ts')
      return SqliteStore.open({ path: namespaceFile(context), durability: diskDurability(context.durability), create: true })
    },
    async dispose(_port, context) {
      const files = ['', '-wal', '-shm'].map((suffix) => namespaceFile(context) + suffix)
      await Promise.all(files.map((file) => rm(file, { force: true })))
    },
    async openUri(uri, context) {
      const { SqliteStore } = await import('../metadata-stores/sqlite/sqlite-store.ts')
      const path = pathOfUri(uri, context.cwd)
      return SqliteStore.open({
        path,
        durability: diskDurability(context.durability),
        create: context.create,
        readOnly: context.readOnly,
      })
    },
  },
  memory: {
    label: 'Memory of this process',
    traits: { durability: 'none', remote: false, inProcess: true },
    async open({ namespace }) {
      const { MemoryStore } = await import('../metadata-stores/memory/memory-store.ts')
      return MemoryStore.open({ name: namespace })
    },
    async dispose(_port, { namespace }) {
      const { MemoryStore } = await import('../metadata-stores/memory/memory-store.ts')
      MemoryStore.drop(namespace)
    },
    async openUri(uri) {
      const { MemoryStore } = await import('../metadata-stores/memory/memory-store.ts')
      return MemoryStore.open({ name: memoryName(uri) })
    },
  },
  postgres: postgresRegistration,
  redis: redisRegistration,
}
