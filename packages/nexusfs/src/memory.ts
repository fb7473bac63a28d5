export type { MemoryStoreOptions } from './metadata-stores/memory/memory-store.ts'
export { MemoryStore } from './metadata-stores/memory/memory-store.ts'
export type { MemoryBackendOptions } from './storage-backends/memory/memory-backend.ts'
export { MemoryBackend } from './storage-backends/memory/memory-backend.ts'
