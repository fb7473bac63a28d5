// Guards: fs/**/*.ts, metadata-stores/postgres/*.ts, metadata-stores/redis/*.ts

import type { NexusFS } from 'nexusfs'
import { afterAll, describe, it } from 'vitest'
import { checkAgainstModel, extentOf, seed } from '../model/check-against-model.ts'
import { type ServerFixture, type ServerKind, serverFixture, sharedServer } from './server-fixtures.ts'

const runs = Number(process.env.NEXUS_SERVER_MODEL_RUNS ?? 50)
const fixtures: ServerFixture[] = []

/** A store of its own for every run. */
async function fresh(kind: ServerKind, url: string): Promise<NexusFS> {
  await fixtures.pop()?.[Symbol.asyncDispose]()
  const fixture = await serverFixture(kind, url)
  fixtures.push(fixture)
  return fixture.open({ inlineBytes: 1000 })
}

afterAll(async () => {
  for (const fixture of fixtures) await fixture[Symbol.asyncDispose]()
})

const [postgres, redis, pgbouncer] = [
  await sharedServer('postgres'),
  await sharedServer('redis'),
  await sharedServer('pgbouncer'),
]

describe(`every public operation, against a plain model (replay with NEXUS_SEED=${seed})`, () => {
  it.skipIf(postgres === undefined)('agrees on local-postgres', () =>
    checkAgainstModel(() => fresh('postgres', postgres?.url ?? ''), extentOf(runs)),
  )
  it.skipIf(redis === undefined)('agrees on local-redis', () =>
    checkAgainstModel(() => fresh('redis', redis?.url ?? ''), extentOf(runs)),
  )
  it.skipIf(pgbouncer === undefined)('agrees on local-postgres behind a pooler in transaction mode', () =>
    checkAgainstModel(() => fresh('postgres', pgbouncer?.url ?? ''), extentOf(Math.ceil(runs / 5))),
  )
})
