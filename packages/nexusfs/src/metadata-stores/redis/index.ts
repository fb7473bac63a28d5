export type { RedisStoreOptions, RedisTimeouts, RedisTls } from './options.ts'
export type { RedisProbe } from './probe-place.ts'
export { RedisStore } from './redis-store.ts'
