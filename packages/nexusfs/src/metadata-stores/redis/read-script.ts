import { defineScript, openingLines, type RedisScript } from './script.ts'

/** A page ends early, with more to come, once its values exceed this many bytes: one answer cannot fill the server's memory. */
const pageBytes = 16_777_216

/**
 * Answers a list of reads (ARGV[4], packed), each a number of keys and of scans, all from one snapshot, since Redis runs one script at
 * a time. Returns 'done', the last revision, the server's clock (seconds, microseconds), the highest time that the client of a commit was told, then for each read two values: the list of
 * what its keys hold, and the list of its pages; or why it cannot be answered, and nothing. A page is 1 if there is more, then items and values in turn. A value is as it is stored: the
 * revision in 8 bytes, the bytes with their check, and the revision again.
 */
export const readScript: RedisScript = defineScript(
  openingLines,
  `
local input, at = ARGV[4], 1

local function page(place, reverse, from, to, limit)
  local items
  if reverse == 1 then
    items = redis.pcall('ZRANGE', place.index, to, from, 'BYLEX', 'REV', 'LIMIT', '0', limit + 1)
  else
    items = redis.pcall('ZRANGE', place.index, from, to, 'BYLEX', 'LIMIT', '0', limit + 1)
  end
  if items.err then return nil, items.err end
  local found, bytes = { 0 }, 0
  for i = 1, #items do
    if i > limit or bytes > ${pageBytes} then
      found[1] = 1
      break
    end
    local value = redis.pcall('GET', place.values .. items[i])
    if type(value) ~= 'string' then return nil, 'an index names an entry that is missing' end
    bytes = bytes + #value
    found[2 * i] = items[i]
    found[2 * i + 1] = value
  end
  return found
end

local time = redis.call('TIME')
local reply = { 'done', state[2], time[1], time[2], state[4] or '0' }
local requests
requests, at = struct.unpack('>I4', input, at)
for request = 1, requests do
  local gets, scans
  gets, scans, at = struct.unpack('>I4I4', input, at)
  local broken
  local values = {}
  for i = 1, gets do
    local group, item
    group, item, at = struct.unpack('>I2c0I2c0', input, at)
    values[i] = redis.pcall('GET', placeOf(group).values .. item)
    if type(values[i]) == 'table' then broken = values[i].err end
  end
  local pages = {}
  for i = 1, scans do
    local reverse, group, from, to, limit
    reverse, group, from, to, limit, at = struct.unpack('>BI2c0I2c0I2c0I4', input, at)
    local found, err = page(placeOf(group), reverse, from, to, limit)
    pages[i] = found
    broken = broken or err
  end
  reply[2 * request + 4] = broken or values
  reply[2 * request + 5] = broken and '' or pages
end
return reply
`,
)
