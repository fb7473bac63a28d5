export type { RedisProbe } from './admin.ts'
export type { RedisStoreOptions, RedisTimeouts, RedisTls } from './options.ts'
export { RedisStore } from './redis-store.ts'
export type { ServerFacts } from './server-check.ts'
