export type { StorageContext, StorageLaw } from './blobs.ts'
export { storageLaws } from './laws.ts'
