import { createHash } from 'node:crypto'

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

/** A Lua script that the server keeps, called by its digest. */
export interface RedisScript {
  readonly source: string
  /** SHA-1 of the source, hexadecimal: how EVALSHA names it. */
  readonly sha: string
}

export function defineScript(...parts: readonly string[]): RedisScript {
  const source = parts.join('\n')
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

/**
 * The first lines of every script that reads or writes entries. KEYS[1] is the state of the store (see `redis-keys.ts`), ARGV[1] the
 * id of the store that the client opened, ARGV[2] the highest revision that it knows of, ARGV[3] the prefix of the store.
 * A script that finds another store, an older state or a load under way returns so, and does nothing.
 */
export const openingLines: string = `
local state = redis.call('HMGET', KEYS[1], 'id', 'revision', 'loading', 'time')
if state[1] ~= ARGV[1] then return {'gone'} end
local last = tonumber(state[2])
if last < tonumber(ARGV[2]) then return {'older', state[2]} end
if state[3] and state[3] ~= ARGV[5] then return {'loading'} end

local places = {}
local function placeOf(group)
  local place = places[group]
  if not place then
    place = {
      index = ARGV[3] .. 'i' .. group,
      values = ARGV[3] .. 'e' .. struct.pack('>I2', #group) .. group,
    }
    places[group] = place
  end
  return place
end
`

/**
 * Makes the state of a new store, or finds the one there is. KEYS: the state, a key that never exists. ARGV: an id for a new store,
 * the format, '1' if a new store may be made, the channel. Returns 'open', id, format, revision; or 'absent'; or 'loading'; or
 * 'forbidden' and the command that the user lacks.
 *
 * Permissions are tried out first, in forms that leave nothing changed: a commit that met a forbidden command halfway could not be undone.
 */
export const openScript: RedisScript = defineScript(`
local trials = {
  { 'SET', KEYS[2], '', 'XX' },
  { 'DEL', KEYS[2] },
  { 'ZADD', KEYS[2], 'XX', 0, '' },
  { 'ZREM', KEYS[2], '' },
  { 'GET', KEYS[2] },
  { 'GETRANGE', KEYS[2], 0, 7 },
  { 'EXISTS', KEYS[2] },
  { 'ZLEXCOUNT', KEYS[2], '-', '+' },
  { 'ZRANGE', KEYS[2], '-', '+', 'BYLEX', 'LIMIT', 0, 1 },
  { 'TIME' },
  { 'HMGET', KEYS[2], 'id' },
  { 'HDEL', KEYS[2], 'id' },
  { 'PUBLISH', ARGV[4], '' },
  { 'HINCRBY', KEYS[1], 'entries', 0 },
  { 'MSET', KEYS[2], '' },
  { 'DEL', KEYS[2] },
}

local state = redis.call('HMGET', KEYS[1], 'id', 'format', 'revision', 'loading')
if not state[1] and ARGV[3] ~= '1' then return {'absent'} end
if state[1] then trials[#trials + 1] = { 'HSET', KEYS[1], 'id', state[1] } end
for i = 1, #trials do
  local trial = redis.pcall(unpack(trials[i]))
  local err = type(trial) == 'table' and trial.err
  if err and (string.find(err, 'NOPERM') or string.find(err, "can't ") or string.find(err, 'permission')) then
    return { 'forbidden', trials[i][1] }
  end
end
if not state[1] then
  redis.call('HSET', KEYS[1], 'format', ARGV[2], 'id', ARGV[1], 'revision', 0)
  return { 'open', ARGV[1], ARGV[2], '0' }
end
if state[4] then return {'loading'} end
return { 'open', state[1], state[2], state[3] }
`)

/** Returns 'done' and the last revision: scripts run one at a time, so every commit up to it is finished. */
export const horizonScript: RedisScript = defineScript(openingLines, `return { 'done', state[2] }`)

/** Moves the counter to the first revision of the next epoch, and returns 'done' and that. */
export const raiseEpochScript: RedisScript = defineScript(
  openingLines,
  `
local size = 8796093022208 -- 2^43
local raised = string.format('%.0f', (math.floor(last / size) + 1) * size)
redis.call('HSET', KEYS[1], 'revision', raised)
return { 'done', raised }
`,
)
