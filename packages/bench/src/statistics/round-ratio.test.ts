import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { roundRatio } from './round-ratio.ts'
import { type RandomSource, seededRandom } from './seeded-random.ts'

const trials = 300
const resamples = 400

describe('roundRatio', () => {
  it('is the geometric mean of the ratios of the rounds', () => {
    const { ratio, rounds } = roundRatio([2, 8], [1, 1], { seed: 'a' })
    assert.ok(Math.abs(ratio - 4) < 1e-12)
    assert.equal(rounds, 2)
  })

  it('has no interval below six rounds, and one from six', () => {
    assert.equal(roundRatio([1, 2, 3, 4, 5], [1, 1, 1, 1, 1], { seed: 'a' }).interval, undefined)
    assert.notEqual(roundRatio([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1], { seed: 'a' }).interval, undefined)
  })

  it('is exact, with an interval of no width, when every round agrees', () => {
    const { ratio, interval } = roundRatio(Array(8).fill(3), Array(8).fill(2), { seed: 'a' })
    assert.ok(Math.abs(ratio - 1.5) < 1e-12)
    assert.ok(interval !== undefined && Math.abs(interval.low - 1.5) < 1e-9 && Math.abs(interval.high - 1.5) < 1e-9)
  })

  it('gives the same interval for the same seed and another for another', () => {
    const random = seededRandom('values')
    const [combo, reference] = [noisyRounds(10, 1, random), noisyRounds(10, 1, random)]
    const again = (seed: string) => roundRatio(combo, reference, { seed, resamples })
    assert.deepEqual(again('a'), again('a'))
    assert.notDeepEqual(again('a'), again('b'))
  })

  it.each([6, 10, 20])('covers the true ratio in about 95 of 100 runs of %i rounds', (rounds) => {
    const covered = share(`coverage ${rounds}`, (random) => {
      const { interval } = compare(1.3, rounds, random)
      return interval.low <= 1.3 && 1.3 <= interval.high
    })
    assert.ok(covered >= 0.92 && covered <= 0.995, `covered ${covered}`)
  })

  it('does not call a thing slower than itself by 5 % on a noisy clock', () => {
    const alarms = share('a/a', (random) => compare(1, 20, random).interval.low > 1.05)
    assert.ok(alarms <= 0.01, `false alarms ${alarms}`)
  })

  it('sees a slow-down of 20 % on that clock', () => {
    const seen = share('a/b', (random) => compare(1.2, 20, random).interval.low > 1.05)
    assert.ok(seen >= 0.95, `seen ${seen}`)
  })
})

/** The share of seeded trials in which a claim holds. */
function share(seed: string, claim: (random: RandomSource) => boolean): number {
  const random = seededRandom(seed)
  return Array.from({ length: trials }, () => claim(random)).filter(Boolean).length / trials
}

function compare(ratio: number, rounds: number, random: RandomSource): { interval: { low: number; high: number } } {
  const load = Array.from({ length: rounds }, () => 1 + random())
  const combo = noisyRounds(rounds, ratio, random).map((median, round) => median * (load[round] ?? 1))
  const reference = noisyRounds(rounds, 1, random).map((median, round) => median * (load[round] ?? 1))
  const { interval } = roundRatio(combo, reference, { seed: `${random()}`, resamples })
  assert.ok(interval !== undefined)
  return { interval }
}

/** Medians of rounds with about 10 % of log-normal noise. */
function noisyRounds(count: number, median: number, random: RandomSource): number[] {
  return Array.from({ length: count }, () => median * Math.exp(0.1 * gaussian(random)))
}

/** Box and Muller 1958. */
function gaussian(random: RandomSource): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
