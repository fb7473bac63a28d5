export type { PostgresProbe } from './admin.ts'
export type { PostgresOptions, PostgresServer, PostgresSettings, TlsOptions } from './options.ts'
export { PostgresStore } from './postgres-store.ts'
