// Guards: metadata-stores/redis/*.ts

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { isNexusError, type NexusFS } from 'nexusfs'
import { describe, it } from 'vitest'
import { ownServer, serverFixture, sharedServer } from './server-fixtures.ts'

const redis = await sharedServer('redis')
const isLong = process.env.NEXUS_TIER === 'full'
/** In the shorter tier as many as the time allows, and never fewer than so many. */
const kills = isLong ? { most: 96, least: 96, withinMs: 600_000 } : { most: 96, least: 12, withinMs: 25_000 }
const clients = 5
const callers = 10

interface Caller {
  readonly fs: NexusFS
  readonly path: string
  /** Of its own file: each write that was acknowledged says which, in order. */
  acknowledged: number
  /** Whether the last write may have been applied. */
  isUnknown: boolean
}

/** Writes and reads what is its own, and what all share, until it is over; a server that is away may fail it, not refuse it. */
async function keepCalling(caller: Caller, refused: string[], isOver: () => boolean): Promise<void> {
  const { fs, path } = caller
  for (let n = 1; !isOver(); n++) {
    try {
      caller.isUnknown = true
      await fs.write(path, String(n))
      caller.acknowledged = n
      caller.isUnknown = false
      await fs.exists('/shared')
      if (n % 5 === 0) await fs.write('/shared', String(n))
    } catch (error) {
      if (!isNexusError(error)) throw error
      if (error.code !== 'Unavailable' && error.code !== 'Timeout') refused.push(`${path}: ${error.code}: ${error.message}`)
      await sleep(5)
    }
  }
}

async function callUntilKilledOften(appendfsync: string): Promise<void> {
  const server = (await ownServer('redis', { appendfsync })) ?? assert.fail('it was here a moment ago')
  try {
    await using fixture = await serverFixture('redis', server.url)
    const files = await Promise.all(Array.from({ length: clients }, () => fixture.open({ inlineBytes: 128 })))
    const calling = files.flatMap((fs, c) =>
      Array.from({ length: callers }, (_, n): Caller => ({ fs, path: `/${c}/${n}`, acknowledged: 0, isUnknown: false })),
    )
    const refused: string[] = []
    let isOver = false
    const work = calling.map((caller) => keepCalling(caller, refused, () => isOver))
    let killed = 0
    for (const end = performance.now() + kills.withinMs; killed < kills.most; killed++) {
      if (performance.now() > end && killed >= kills.least) break
      await sleep(200 + Math.random() * 300)
      await server.own.crash()
      // Long enough for some to sleep between two attempts when it is back, while others come and connect.
      await sleep(Math.random() * 700)
      await server.own.restart()
    }
    isOver = true
    await Promise.all(work)
    const total = calling.reduce((sum, { acknowledged }) => sum + acknowledged, 0)
    console.log(`redis, appendfsync ${appendfsync}: ${killed} kills, ${total} writes`)
    assert.deepEqual(refused.slice(0, 5), [])
    assert.ok(total > killed, 'hardly anything was written')
    for (const { fs, path, acknowledged, isUnknown } of calling) {
      const found = Number(await fs.readText(path))
      assert.ok(
        isUnknown ? found >= acknowledged : found === acknowledged,
        `${path} is ${found}, and ${acknowledged} was acknowledged`,
      )
    }
  } finally {
    await server.stop()
  }
}

describe.skipIf(redis === undefined)('a Redis that is killed again and again', () => {
  // Without any fsync the log still survives the process.
  it.each(['always', 'no'])('with appendfsync %s loses nothing, and refuses nobody that lost nothing', callUntilKilledOften)
})
