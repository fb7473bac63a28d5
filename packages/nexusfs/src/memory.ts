export type { MemoryStoreOptions } from './metadata-stores/memory/memory-store.ts'
export { MemoryStore } from './metadata-stores/memory/memory-store.ts'
export { MemoryBackend } from './storage-backends/memory/memory-backend.ts'
