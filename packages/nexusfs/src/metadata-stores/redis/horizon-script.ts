import { defineScript, openingLines, type RedisScript } from './script.ts'

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
