import { azure } from './azurite.ts'
import { gcs } from './gcs.ts'
import { pgbouncer } from './pgbouncer.ts'
import { postgres } from './postgres.ts'
import { redis } from './redis.ts'
import { s3 } from './s3.ts'
import type { Service } from './service.ts'

/** Every service, in the order in which they are started. */
export const catalog: readonly Service[] = [postgres, redis, pgbouncer, s3, gcs, azure]

/** @throws {Error} naming the services there are */
export function serviceNamed(name: string): Service {
  const service = catalog.find((candidate) => candidate.name === name)
  if (service === undefined) throw new Error(`no service ${name}; there are: ${catalog.map((known) => known.name).join(', ')}`)
  return service
}
