import { NexusError } from '../../core/errors.ts'
import { Connection } from './connection.ts'
import type { RedisClientClass } from './load-client.ts'
import type { RedisPlace } from './options.ts'
import type { RedisProbe } from './redis-probe.ts'
import { readServerFacts } from './server-facts.ts'

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
