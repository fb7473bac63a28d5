import { defineScript, type RedisScript } from './script.ts'

/**
 * Makes the state of a new store, or finds the one there is. KEYS: the state, a key that never exists. ARGV: an id for a new store,
 * the format, '1' if a new store may be made, the channel. Returns 'open', id, format, revision; or 'absent'; or 'loading'; or
 * 'forbidden' and the command that the user lacks.
 *
 * Permissions are tried out first, in forms that change nothing: a commit that met a forbidden command halfway could not be undone.
 */
export const openScript: RedisScript = defineScript(`
local trials = {
  { 'SET', KEYS[2], '', 'XX' },
  { 'DEL', KEYS[2] },
  { 'ZADD', KEYS[2], 'XX', 0, '' },
  { 'ZREM', KEYS[2], '' },
  { 'GET', KEYS[2] },
  { 'GETRANGE', KEYS[2], 0, 7 },
  { 'ZLEXCOUNT', KEYS[2], '-', '+' },
  { 'ZRANGE', KEYS[2], '-', '+', 'BYLEX', 'LIMIT', 0, 1 },
  { 'TIME' },
  { 'HMGET', KEYS[2], 'id' },
  { 'HDEL', KEYS[2], 'id' },
  { 'PUBLISH', ARGV[4], '' },
  { 'HINCRBY', KEYS[1], 'entries', 0 },
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
