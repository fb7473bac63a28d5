import { rm } from 'node:fs/promises'
import type { StorageRegistration } from '../../engine-kit/registration.ts'
import { diskDurability, namespaceFolder, pathOfUri } from '../../engine-kit/uri.ts'

/** A folder on the local disk: every namespace is one of its own. */
export const localRegistration: StorageRegistration = {
  label: 'Local disk',
  schemes: ['file'],
  traits: { durability: 'disk', remote: false },
  async open(context) {
    const { LocalBackend } = await import('./local-backend.ts')
    return LocalBackend.open({ root: namespaceFolder(context), durability: diskDurability(context.durability), create: true })
  },
  async dispose(_port, context) {
    await rm(namespaceFolder(context), { recursive: true, force: true })
  },
  async openUri(uri, context) {
    const { LocalBackend } = await import('./local-backend.ts')
    const root = pathOfUri(uri, context.cwd)
    return LocalBackend.open({
      root,
      durability: diskDurability(context.durability),
      create: context.create,
      readOnly: context.readOnly,
    })
  },
  async abandon(port) {
    const { LocalBackend } = await import('./local-backend.ts')
    await (port instanceof LocalBackend ? port.abandon() : port.close())
  },
}
