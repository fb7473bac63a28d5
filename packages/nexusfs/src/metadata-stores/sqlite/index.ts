export type { WorkerMode } from './commit-runner.ts'
export type { SqliteStoreOptions } from './sqlite-store.ts'
export { SqliteStore } from './sqlite-store.ts'
