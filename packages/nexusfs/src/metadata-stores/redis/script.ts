import { createHash } from 'node:crypto'

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
