export type { RedisStoreOptions, RedisTimeouts, RedisTls } from './options.ts'
export { RedisStore } from './redis-store.ts'
export type { RedisProbe, ServerFacts } from './server-facts.ts'
