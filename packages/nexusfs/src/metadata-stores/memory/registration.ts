import type { MetadataRegistration } from '../../engine-kit/registration.ts'
import { memoryName } from '../../engine-kit/uri.ts'

/** Memory: every namespace is a name in this process. */
export const memoryRegistration: MetadataRegistration = {
  label: 'Memory of this process',
  traits: { durability: 'none', remote: false, inProcess: true },
  async open({ namespace }) {
    const { MemoryStore } = await import('./memory-store.ts')
    return MemoryStore.open({ name: namespace })
  },
  async dispose(_port, { namespace }) {
    const { MemoryStore } = await import('./memory-store.ts')
    MemoryStore.drop(namespace)
  },
  async openUri(uri) {
    const { MemoryStore } = await import('./memory-store.ts')
    return MemoryStore.open({ name: memoryName(uri) })
  },
}
