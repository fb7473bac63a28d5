import { NexusError } from '../../core/errors.ts'
import { Deadline } from '../../engine-kit/deadline.ts'
import { Connection, type RedisClientClass } from './connection.ts'
import type { RedisPlace } from './options.ts'
import { asList, asText, type Reply } from './reply.ts'
import { readServerFacts } from './server-check.ts'
import type { RedisProbe } from './server-facts.ts'

export async function probePlace(client: RedisClientClass, place: RedisPlace): Promise<RedisProbe> {
  const seen: RedisProbe[] = []
  const connection = await Connection.open(client, place, async (fresh) => {
    const { facts } = await readServerFacts(fresh, place)
    const began = performance.now()
    await fresh.send('metadata.probe', 'PING', [])
    seen.push({ ...facts, rttMs: performance.now() - began })
  })
  connection.drop()
  const [probe] = seen
  if (probe === undefined) throw new NexusError('Unexpected', 'redis: the server told nothing of itself')
  return probe
}

const dropOperation = 'metadata.drop'

/** Removes every key that begins with the prefix, the state first, so that nobody takes the rest for a store. */
export async function dropPlace(client: RedisClientClass, place: RedisPlace, signal: AbortSignal | undefined): Promise<void> {
  const connection = await Connection.open(client, place, async () => {})
  const send = (command: string, args: readonly (string | Buffer)[]): Promise<Reply> =>
    new Deadline(dropOperation, place.callMs, signal).race(connection.send(dropOperation, command, args), () => 'unknown')
  try {
    await send('DEL', [`${place.prefix}state`])
    for (let cursor: string | undefined = '0'; cursor !== undefined; ) cursor = await dropSome(send, place.prefix, cursor)
  } finally {
    connection.drop()
  }
}

/** One step of the scan; the next cursor, if there is one. A prefix holds no pattern characters, see `options.ts`. */
async function dropSome(
  send: (command: string, args: readonly (string | Buffer)[]) => Promise<Reply>,
  prefix: string,
  cursor: string,
): Promise<string | undefined> {
  const [next, found] = asList(await send('SCAN', [cursor, 'MATCH', `${prefix}*`, 'COUNT', '1000']))
  const keys = asList(found).filter((key) => Buffer.isBuffer(key))
  if (keys.length > 0) await send('UNLINK', keys)
  const text = asText(next)
  return text === '0' ? undefined : text
}
