export type { Timeouts, TlsOptions } from '../../engine-kit/connection-options.ts'
export type { PostgresProbe } from './admin.ts'
export type { PostgresOptions, PostgresServer, PostgresSettings } from './options.ts'
export { PostgresStore } from './postgres-store.ts'
