import type { StorageRegistration } from '../../engine-kit/registration.ts'
import { memoryName } from '../../engine-kit/uri.ts'

/** Memory: every namespace is a name in this process. */
export const memoryRegistration: StorageRegistration = {
  label: 'Memory of this process',
  traits: { durability: 'none', remote: false, inProcess: true },
  async open({ namespace }) {
    const { MemoryBackend } = await import('./memory-backend.ts')
    return MemoryBackend.open({ name: namespace })
  },
  async dispose(_port, { namespace }) {
    const { MemoryBackend } = await import('./memory-backend.ts')
    MemoryBackend.drop(namespace)
  },
  async openUri(uri) {
    const { MemoryBackend } = await import('./memory-backend.ts')
    return MemoryBackend.open({ name: memoryName(uri) })
  },
}
