export type { PostgresOptions, PostgresServer, PostgresSettings, TlsOptions } from './options.ts'
export { PostgresStore } from './postgres-store.ts'
export type { PostgresProbe } from './probe-server.ts'
