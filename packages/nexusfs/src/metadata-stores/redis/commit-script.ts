import { defineScript, openingLines, type RedisScript } from './script.ts'

/**
 * Applies a list of commits and returns, after 'done', two values for each: its revision and 0; or minus the place of the first expectation
 * that failed, counted from 1, and the 8 bytes of the revision found there, if any; or 0 and why it could not be applied. ARGV[4] has, one behind
 * the other in MessagePack, the highest time that the client was told and the members as `commit.ts` packs them; the long values are ARGV[6] and
 * following.
 *
 * The members are checked in order, each against what is there and what those before it will write; that is gathered, and applied with few
 * commands. What was gathered is applied at once before a member that expects a range, or writes a key again.
 *
 * Redis does not undo a script that breaks off, so everything that can fail comes first. The expectations come before any write. The
 * first write of all is the counter: if the server takes no writes (out of memory, a replica, a full disk), it says so there, and
 * behind it Redis never refuses a command of the same script for such a reason. The counter moves once for the whole list; numbers of
 * failed members stay unused. With it moves the time that later reads are told at least. The writes to the indexes come before the values:
 * they alone can meet a key of another type. They are taken back then, and each member is tried without the others. MSET and DEL cannot
 * fail.
 */
export const commitScript: RedisScript = defineScript(
  openingLines,
  `
local members = { cmsgpack.unpack(ARGV[4]) }
local reply = { 'done' }

-- So many arguments at a time that unpack never fails; an even number, since most are in pairs.
local atOnce = 100

-- Runs a command with a list of arguments behind the first, if there is one; returns the sum of its answers, and an error if there is one.
local function run(command, first, list)
  local sum = 0
  for from = 1, #list, atOnce do
    local to = math.min(from + atOnce - 1, #list)
    local answer
    if first then
      answer = redis.pcall(command, first, unpack(list, from, to))
    else
      answer = redis.pcall(command, unpack(list, from, to))
    end
    if type(answer) == 'number' then
      sum = sum + answer
    elseif answer.err then
      return sum, answer.err
    end
  end
  return sum
end

-- The first 8 bytes of each entry that was looked at; '' where there is none.
local heads = {}

-- Where the long values of each member begin in ARGV.
local long = {}

-- Most keys that are expected absent are: one command finds that out for many.
local function findAbsent()
  local keys, n, argument = {}, 0, 6
  for m = 2, #members do
    local member = members[m]
    long[m], argument = argument, argument + member[2]
    for i = 4, 2 + 2 * member[1], 2 do
      if member[i + 1] == '' then
        n = n + 1
        keys[n] = member[i]
      end
    end
  end
  for from = 1, n, atOnce do
    local to = math.min(from + atOnce - 1, n)
    if redis.call('EXISTS', unpack(keys, from, to)) == 0 then
      for i = from, to do heads[keys[i]] = '' end
    end
  end
end

-- Nothing if the key is not an entry. (A number as an argument costs more than the command.)
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
local function measure(index, values, from, to)
  local count = redis.pcall('ZLEXCOUNT', index, from, to)
  local highest = -1
  if type(count) == 'table' then return nil end
  if count == 0 then return 0, highest end
  local items = redis.call('ZRANGE', index, from, to, 'BYLEX', 'LIMIT', '0', '10000')
  for i = 1, #items do
    local head = headOf(values .. items[i])
    if not head or head == '' then return nil end
    local revision = struct.unpack('>I8', head)
    if revision > highest then highest = revision end
  end
  return count, highest
end

-- What the members gather: arguments for MSET and DEL; arguments for ZADD and ZREM by index; the heads that keys will have.
local kept, n, gone, added, removed, written = {}, 0, {}, {}, {}, {}

local broken = 'a key of the store holds what Nexus did not write'

-- Returns nothing if all holds; else what to report.
local function check(member)
  for i = 1, member[1] do
    local key, wanted = member[2 * i + 2], member[2 * i + 3]
    if type(key) == 'table' then
      local count, highest = measure(key[1], key[2], key[3], key[4])
      if not count then return 0, broken end
      if count ~= key[5] or highest > key[6] then
        return -i, highest < 0 and '' or struct.pack('>I8', highest)
      end
    else
      local head = written[key] or heads[key] or headOf(key)
      if not head then return 0, broken end
      if head ~= wanted and (wanted ~= true or head == '') then return -i, head end
    end
  end
end

-- A key and an item with the revision in its place.
local function numbered(key, item, slot, stamp)
  local whole = string.sub(item, 1, slot) .. stamp .. string.sub(item, slot + 1)
  return key .. whole, whole
end

local function gather(m, stamp)
  local member, argument = members[m], long[m]
  for i = 4 + 2 * member[1], #member, 4 do
    local key, index, item, value = member[i], member[i + 1], member[i + 2], member[i + 3]
    if type(value) == 'table' then
      if value[1] then key, item = numbered(key, item, value[1], stamp) end
      if value[3] then
        value = stamp .. ARGV[argument] .. value[2] .. stamp
        argument = argument + 1
      else
        value = stamp .. value[2] .. stamp
      end
    elseif value then
      value = stamp .. value .. stamp
    end
    -- What a key holds is often known: then its index may be as it is to be. (A key with a number in it may have been written by its name.)
    local head = heads[key]
    if written[key] then head = nil end
    if value then
      kept[n + 1], kept[n + 2] = key, value
      n = n + 2
      written[key] = stamp
      if head == nil or head == '' then
        local items = added[index]
        if items then
          local size = #items
          items[size + 1], items[size + 2] = '0', item
        else
          added[index] = { '0', item }
        end
      end
    else
      written[key] = ''
      if head ~= '' then
        gone[#gone + 1] = key
        local items = removed[index]
        if items then items[#items + 1] = item else removed[index] = { item } end
      end
    end
  end
end

-- No value was written yet: an item belongs into its index if its value is there.
local function takeBack(from, to)
  for m = from, to do
    local member, revision = members[m], reply[2 * m - 2]
    for i = 4 + 2 * member[1], revision > 0 and #member or 0, 4 do
      local key, item, value = member[i], member[i + 2], member[i + 3]
      if type(value) == 'table' and value[1] then key, item = numbered(key, item, value[1], struct.pack('>I8', revision)) end
      local head = redis.pcall('GETRANGE', key, '0', '0')
      if type(head) == 'table' or head == '' then
        redis.pcall('ZREM', member[i + 1], item)
      else
        redis.pcall('ZADD', member[i + 1], '0', item)
      end
    end
  end
end

-- Returns by how much the indexes grew, and an error if there is one.
local function list()
  local grown = 0
  for index, items in pairs(removed) do
    local changed, failure = run('ZREM', index, items)
    if failure then return 0, failure end
    grown = grown - changed
  end
  for index, items in pairs(added) do
    local changed, failure = run('ZADD', index, items)
    if failure then return 0, failure end
    grown = grown + changed
  end
  return grown
end

local hasBegun, entries = false, 0

-- Applies what the members from ... to have gathered. Returns false if an index turned out to be another program's; then nothing is changed.
local function apply(from, to)
  if not next(written) then return true end
  if not hasBegun then
    local counter = string.format('%.0f', last + #members - 1)
    local time = string.format('%.0f', math.max(members[1], tonumber(state[4]) or 0))
    redis.call('HSET', KEYS[1], 'revision', counter, 'time', time)
    hasBegun = true
  end
  local grown, failure = list()
  if failure then
    takeBack(from, to)
    if not string.find(failure, 'WRONGTYPE') then error(failure) end
  else
    local _, broke = run('DEL', nil, gone)
    if not broke then _, broke = run('MSET', nil, kept) end
    if broke then error(broke) end
    entries = entries + grown
    if to < #members then
      for key, head in pairs(written) do heads[key] = head end
    end
  end
  kept, n, gone, added, removed, written = {}, 0, {}, {}, {}, {}
  return not failure
end

-- True for a member that cannot be checked or gathered before those before it are applied.
local function isApart(member)
  if not next(written) then return false end
  if member[3] then return true end
  for i = 4 + 2 * member[1], #member, 4 do
    if written[member[i]] then return true end
  end
  return false
end

local revision = last
local commit

-- Applies what members have gathered; where that cannot be, tries each of them without the others.
local function settle(from, to, reached)
  if apply(from, to) then return end
  if from == to then
    reply[2 * from - 2], reply[2 * from - 1] = 0, broken
    return
  end
  revision = reached
  for m = from, to do commit(m, m) end
end

function commit(from, to)
  local reached = revision
  for m = from, to do
    local member = members[m]
    if isApart(member) then
      settle(from, m - 1, reached)
      from, reached = m, revision
    end
    local result, detail = check(member)
    if not result then
      revision = revision + 1
      gather(m, struct.pack('>I8', revision))
      result, detail = revision, 0
    end
    reply[2 * m - 2], reply[2 * m - 1] = result, detail
  end
  settle(from, to, reached)
end

findAbsent()
commit(2, #members)
if entries ~= 0 then redis.call('HINCRBY', KEYS[1], 'entries', entries) end
if hasBegun then redis.call('PUBLISH', ARGV[3] .. 'commits', '') end
return reply
`,
)
