import { defineScript, openingLines, type RedisScript } from './script.ts'

/**
 * Applies a list of commits (ARGV[4], packed by `pack-commit.ts`, behind the highest time that the client was told) and returns, after 'done', two values for each: its revision and 0;
 * or minus the place of the first expectation that failed, counted from 1, and the 8 bytes of the revision found there, if any; or
 * 0 and why it could not be applied.
 *
 * Redis does not undo a script that breaks off, so everything that can fail comes first. The expectations come before any write. The
 * first write of all is the counter: if the server takes no writes (out of memory, a replica, a full disk), it says so there, and
 * behind it Redis never refuses a command of the same script for such a reason. The counter moves once for the whole list; numbers of
 * failed members stay unused. With it moves the time that later reads are told at least. Of a member's writes those to the indexes come first: they alone can meet a key of another type, and
 * they are taken back then. SET and DEL cannot fail.
 */
export const commitScript: RedisScript = defineScript(
  openingLines,
  `
local input, at = ARGV[4], 1
local told, total
told, total, at = struct.unpack('>I8I4', input, at)

-- The first 8 bytes of each entry that was looked at, '' where there is none. (A number as an argument costs more than the command.)
local heads = {}
local function headOf(key)
  local head = heads[key]
  if head == nil then
    head = redis.pcall('GETRANGE', key, '0', '7')
    if type(head) == 'table' or (#head > 0 and #head < 8) then return nil end
    heads[key] = head
  end
  return head
end

-- Number of entries in a range and the highest revision among its first 10,000; nothing if it cannot be read.
local function measure(place, from, to)
  local count = redis.pcall('ZLEXCOUNT', place.index, from, to)
  local highest = -1
  if type(count) == 'table' then return nil end
  if count == 0 then return 0, highest end
  local items = redis.call('ZRANGE', place.index, from, to, 'BYLEX', 'LIMIT', '0', '10000')
  for i = 1, #items do
    local head = headOf(place.values .. items[i])
    if not head or head == '' then return nil end
    local revision = struct.unpack('>I8', head)
    if revision > highest then highest = revision end
  end
  return count, highest
end

local broken = 'a key of the store holds what Nexus did not write'

-- Returns the next position, then nothing if all holds; else what to report.
local function check(p, expectations)
  for i = 1, expectations do
    local kind, group, item
    kind, group, item, p = struct.unpack('>BI2c0I2c0', input, p)
    local place = placeOf(group)
    if kind == 4 then
      local to, wanted, limit
      to, wanted, limit, p = struct.unpack('>I2c0I4I8', input, p)
      local count, highest = measure(place, item, to)
      if not count then return p, 0, broken end
      if count ~= wanted or highest > limit then
        return p, -i, highest < 0 and '' or struct.pack('>I8', highest)
      end
    else
      local head = headOf(place.values .. item)
      if not head then return p, 0, broken end
      if kind == 1 then
        local revision
        revision, p = struct.unpack('>c8', input, p)
        if head ~= revision then return p, -i, head end
      elseif (kind == 2) ~= (head == '') then
        return p, -i, head
      end
    end
  end
  return p
end

local function parse(p, count)
  local writes = {}
  for i = 1, count do
    local kind, group, item
    kind, group, item, p = struct.unpack('>BI2c0I2c0', input, p)
    local write = { kind = kind, place = placeOf(group), item = item }
    if kind == 3 then write.slot, p = struct.unpack('>I2', input, p) end
    if kind ~= 2 then write.value, p = struct.unpack('>I4c0', input, p) end
    writes[i] = write
  end
  return writes
end

-- Adds the item to its index, or removes it; returns by how much the index grew, or an error. What a key holds is often known already.
local function list(write)
  local head = heads[write.key]
  if write.kind == 2 then
    if head == '' then return 0 end
    local removed = redis.pcall('ZREM', write.place.index, write.item)
    return type(removed) == 'table' and removed or -removed
  end
  if head and head ~= '' then return 0 end
  return redis.pcall('ZADD', write.place.index, '0', write.item)
end

local function unlist(writes, last)
  for i = last, 1, -1 do
    local write = writes[i]
    if write.grown == 1 then redis.call('ZREM', write.place.index, write.item) end
    if write.grown == -1 then redis.call('ZADD', write.place.index, '0', write.item) end
  end
end

-- Returns false if an index turned out to be another program's; then nothing is changed.
local entries = 0
local function apply(writes, stamp)
  local grown = 0
  for i = 1, #writes do
    local write = writes[i]
    if write.kind == 3 then
      write.item = string.sub(write.item, 1, write.slot) .. stamp .. string.sub(write.item, write.slot + 1)
    end
    write.key = write.place.values .. write.item
    local change = list(write)
    if type(change) == 'table' then
      unlist(writes, i - 1)
      if string.find(change.err, 'WRONGTYPE') then return false end
      error(change.err)
    end
    write.grown = change
    grown = grown + change
  end
  for i = 1, #writes do
    local write = writes[i]
    if write.kind == 2 then
      if heads[write.key] ~= '' then redis.call('DEL', write.key) end
      heads[write.key] = ''
    else
      redis.call('SET', write.key, stamp .. write.value .. stamp)
      heads[write.key] = stamp
    end
  end
  entries = entries + grown
  return true
end

local reply = { 'done' }
local revision
for member = 1, total do
  local size, expectations, count
  size, expectations, count, at = struct.unpack('>I4I4I4', input, at)
  local stop = at + size
  local p, result, detail = check(at, expectations)
  if not result then
    local writes = parse(p, count)
    if revision then
      revision = revision + 1
    else
      revision = last + 1
      local counter = string.format('%.0f', last + total - member + 1)
      local time = string.format('%.0f', math.max(told, tonumber(state[4]) or 0))
      redis.call('HSET', KEYS[1], 'revision', counter, 'time', time)
    end
    if apply(writes, struct.pack('>I8', revision)) then
      result, detail = revision, 0
    else
      result, detail = 0, broken
    end
  end
  reply[#reply + 1] = result
  reply[#reply + 1] = detail
  at = stop
end
if entries ~= 0 then redis.call('HINCRBY', KEYS[1], 'entries', entries) end
if revision then redis.call('PUBLISH', ARGV[3] .. 'commits', '') end
return reply
`,
)
