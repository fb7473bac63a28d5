export type { RedisStoreOptions, RedisTimeouts, RedisTls } from './options.ts'
export type { RedisProbe, ServerFacts } from './redis-probe.ts'
export { RedisStore } from './redis-store.ts'
