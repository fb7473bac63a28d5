import { defineScript, openingLines, type RedisScript } from './script.ts'

/** A page ends early, with more to come, once its values exceed this many bytes: one answer cannot fill the server's memory. */
export const pageBytes = 16_777_216

/**
 * Looks up keys and scans ranges (ARGV[4], packed), all in one snapshot, since Redis runs one script at a time. Returns 'done', the
 * last revision, the server's clock (seconds, microseconds), the values by key, and for each scan its page: 1 if there is more, then
 * items and values in turn. A value is the revision in 8 bytes, then the bytes.
 */
export const readScript: RedisScript = defineScript(
  openingLines,
  `
local input, at = ARGV[4], 1
local gets, scans
gets, scans, at = struct.unpack('>I4I4', input, at)

local values = {}
for i = 1, gets do
  local group, item
  group, item, at = struct.unpack('>I2c0I2c0', input, at)
  values[i] = redis.call('GET', placeOf(group).values .. item)
end

local function page(place, reverse, from, to, limit)
  local items
  if reverse == 1 then
    items = redis.call('ZRANGE', place.index, to, from, 'BYLEX', 'REV', 'LIMIT', 0, limit + 1)
  else
    items = redis.call('ZRANGE', place.index, from, to, 'BYLEX', 'LIMIT', 0, limit + 1)
  end
  local found, bytes = { 0 }, 0
  for i = 1, #items do
    if i > limit or bytes > ${pageBytes} then
      found[1] = 1
      break
    end
    local value = redis.call('GET', place.values .. items[i])
    if not value then return nil end
    bytes = bytes + #value
    found[2 * i] = items[i]
    found[2 * i + 1] = value
  end
  return found
end

local pages = {}
for i = 1, scans do
  local reverse, group, from, to, limit
  reverse, group, from, to, limit, at = struct.unpack('>BI2c0I2c0I2c0I4', input, at)
  pages[i] = page(placeOf(group), reverse, from, to, limit)
  if not pages[i] then return {'broken'} end
end

local time = redis.call('TIME')
return { 'done', state[2], time[1], time[2], values, pages }
`,
)
