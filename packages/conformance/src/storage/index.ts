export type { StorageContext, StorageLaw } from './blobs.ts'
export { storageLaws } from './laws.ts'
export { storageMutants } from './mutants/index.ts'
export type { StorageMutant } from './mutants/mutant.ts'
