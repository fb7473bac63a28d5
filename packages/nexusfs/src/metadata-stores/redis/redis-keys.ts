/**
 * How a store lies in Redis. All keys begin with its prefix.
 *
 * - `<prefix>state`, a hash: `format` (1), `id` (of the store, random), `revision` (the last one), `time` (the highest that the client of a
 *   commit was told, in ms since 1970), `entries` (their number), and `loading` while a load runs.
 * - `<prefix>e<length of group, 2 bytes><group><item>`, a string: an entry's revision (8 bytes, big-endian), its value with its check
 *   (`checked-value.ts`), and the revision again.
 * - `<prefix>i<group>`, a sorted set: the items of a group, all with score 0, so that they are ordered byte by byte.
 * - `<prefix>commits`, a channel: a message after every commit.
 *
 * The scripts build the names of entries and indexes themselves.
 */
export interface RedisKeys {
  readonly state: string
  /** Never exists: where permissions are tried out. */
  readonly probe: string
  readonly channel: string
}

export function redisKeys(prefix: string): RedisKeys {
  return { state: `${prefix}state`, probe: `${prefix}probe`, channel: `${prefix}commits` }
}

export const redisFormat = '1'
