import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import type { SuiteProgress } from '@nexusfs/bench'
import { describe, it } from 'vitest'
import { Progress } from '../../output/progress.ts'
import { ProgressLine } from './progress-line.ts'

const progress: SuiteProgress = {
  workload: 'dedup/mixed',
  number: 3,
  of: 32,
  roundsDone: 5,
  roundsPlanned: 12,
  leftMs: 72_000,
  isDone: false,
}

describe('progress', () => {
  it('on a terminal rewrites one line with workload, rounds and time left', () => {
    const written = show(true, [progress])
    assert.equal(written, '\r\x1b[2K[ 3/32] dedup/mixed  round 5 of about 12, 1:12 left')
  })

  it('elsewhere is one plain line for each finished workload', () => {
    const written = show(false, [progress, { ...progress, roundsDone: 12, isDone: true }])
    assert.equal(written, '[ 3/32] dedup/mixed  12 rounds, 1:12 left\n')
  })

  it('always shows the start and the end of a workload', () => {
    const written = show(true, [
      progress,
      progress,
      { ...progress, roundsDone: 12, isDone: true },
      { ...progress, roundsDone: 0 },
    ])
    assert.deepEqual(
      written.split('\r\x1b[2K').map((line) => /preparing|round 5|12 rounds/.exec(line)?.[0]),
      [undefined, 'round 5', '12 rounds', 'preparing'],
    )
  })

  it('never wraps on a narrow terminal', () => {
    const lines = show(true, [progress], 20)
    assert.equal(lines.replace('\r\x1b[2K', '').length, 19)
  })
})

function show(isTTY: boolean, events: readonly SuiteProgress[], columns = 100): string {
  const stream = Object.assign(new PassThrough(), { isTTY, columns })
  const line = new ProgressLine(new Progress(stream), stream)
  for (const event of events) line.update(event)
  return String(stream.read())
}
