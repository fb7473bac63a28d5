import { defineScript, openingLines, type RedisScript } from './script.ts'

/**
 * Begins a load (ARGV[5] is its token): from here on, everybody else is refused until it ends. Returns 'done' or 'full'.
 */
export const beginLoadScript: RedisScript = defineScript(
  openingLines,
  `
if tonumber(redis.call('HGET', KEYS[1], 'entries')) ~= 0 then return {'full'} end
redis.call('HSET', KEYS[1], 'loading', ARGV[5])
return {'done'}
`,
)

/** Writes entries (ARGV[4], packed: group, item, revision, value) under the token ARGV[5], and raises the counter to the highest. */
export const loadScript: RedisScript = defineScript(
  openingLines,
  `
if state[3] ~= ARGV[5] then return {'loading'} end
local input, at = ARGV[4], 1
local total
total, at = struct.unpack('>I4', input, at)
local added = 0
for i = 1, total do
  local group, item, stamp, value
  group, item, stamp, value, at = struct.unpack('>I2c0I2c0c8I4c0', input, at)
  local place = placeOf(group)
  redis.call('SET', place.values .. item, stamp .. value .. stamp)
  added = added + redis.call('ZADD', place.index, '0', item)
  local revision = struct.unpack('>I8', stamp)
  if revision > last then last = revision end
end
redis.call('HINCRBY', KEYS[1], 'entries', added)
redis.call('HSET', KEYS[1], 'revision', string.format('%.0f', last))
return {'done'}
`,
)

/** Removes up to 1,000 entries of a group (ARGV[4]) that a broken load left, under its token ARGV[5]. Returns how many are left. */
export const unloadScript: RedisScript = defineScript(
  openingLines,
  `
if state[3] ~= ARGV[5] then return {'loading'} end
local place = placeOf(ARGV[4])
local items = redis.call('ZRANGE', place.index, 0, 999)
for i = 1, #items do
  redis.call('DEL', place.values .. items[i])
  redis.call('ZREM', place.index, items[i])
end
redis.call('HINCRBY', KEYS[1], 'entries', -#items)
return { 'done', redis.call('ZLEXCOUNT', place.index, '-', '+') }
`,
)

/** Ends the load of the token ARGV[5]. */
export const endLoadScript: RedisScript = defineScript(
  openingLines,
  `
if state[3] ~= ARGV[5] then return {'loading'} end
redis.call('HDEL', KEYS[1], 'loading')
return {'done'}
`,
)
