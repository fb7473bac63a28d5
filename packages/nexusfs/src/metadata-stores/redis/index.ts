export type { Timeouts, TlsOptions } from '../../engine-kit/connection-options.ts'
export type { RedisStoreOptions } from './options.ts'
export { RedisStore } from './redis-store.ts'
export type { RedisProbe, ServerFacts } from './server-facts.ts'
