import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { SuiteProgress } from '../runner/run-suite.ts'
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

  it('never wraps on a narrow terminal', () => {
    const lines = show(true, [progress], 20)
    assert.equal(lines.replace('\r\x1b[2K', '').length, 19)
  })
})

function show(isTTY: boolean, events: readonly SuiteProgress[], columns?: number): string {
  let written = ''
  const line = new ProgressLine({ isTTY, columns, write: (text) => (written += text) })
  for (const event of events) line.update(event)
  return written
}
