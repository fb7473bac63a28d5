import { rm } from 'node:fs/promises'
import type { MetadataRegistration } from '../../engine-kit/registration.ts'
import { diskDurability, namespaceFile, pathOfUri } from '../../engine-kit/uri.ts'

/** SQLite: every namespace is a file of its own. */
export const sqliteRegistration: MetadataRegistration = {
  label: 'SQLite',
  traits: { durability: 'disk', remote: false },
  async open(context) {
    const { SqliteStore } = await import('./sqlite-store.ts')
    return SqliteStore.open({ path: namespaceFile(context), durability: diskDurability(context.durability), create: true })
  },
  async dispose(_port, context) {
    const files = ['', '-wal', '-shm', '-reserve'].map((suffix) => namespaceFile(context) + suffix)
    await Promise.all(files.map((file) => rm(file, { force: true })))
  },
  async openUri(uri, context) {
    const { SqliteStore } = await import('./sqlite-store.ts')
    const path = pathOfUri(uri, context.cwd)
    return SqliteStore.open({
      path,
      durability: diskDurability(context.durability),
      create: context.create,
      readOnly: context.readOnly,
    })
  },
}
