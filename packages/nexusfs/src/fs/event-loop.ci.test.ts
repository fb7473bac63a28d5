// Guards: engine-kit/event-loop.ts, fs/operations/calls.ts

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { localFixture } from './store.test-fixture.ts'

/** The longest stretch between two ticks of a timer while the calls run, in ms of processor time of this thread. */
async function longestStretch(calls: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let last = process.threadCpuUsage()
  const look = (): void => {
    const { user, system } = process.threadCpuUsage(last)
    longest = Math.max(longest, (user + system) / 1000)
    last = process.threadCpuUsage()
  }
  const timer = setInterval(look, 1)
  await calls()
  await sleep(5)
  clearInterval(timer)
  return longest
}

const count = 20_000
const limitMs = 50

describe('20,000 calls at once never stop the event loop for 50 ms', () => {
  it.each(['stat', 'exists', 'write'] as const)(
    '%s',
    async (operation) => {
      await using fixture = await localFixture()
      const fs = await fixture.open()
      await fs.write('/a', 'content')
      const call = (round: number, index: number): Promise<unknown> =>
        operation === 'write' ? fs.write(`/${round}/${index}`, `content ${index}`) : fs[operation]('/a')
      // A collection of all garbage may fall into a round, and the first ones are compiled: one round in six has to keep the limit.
      const stretches: number[] = []
      for (let round = 0; round < 6 && !stretches.some((stretch) => stretch < limitMs); round++) {
        stretches.push(await longestStretch(() => Promise.all(Array.from({ length: count }, (_, index) => call(round, index)))))
      }
      assert.ok(Math.min(...stretches) < limitMs, `the loop stood still for ${stretches.join(', ')} ms`)
    },
    180_000,
  )
})
