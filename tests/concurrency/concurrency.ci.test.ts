// Guards: fs/commit/*.ts, metadata-stores/sqlite/*.ts, storage-backends/local/*.ts

import { describe, it } from 'vitest'
import { countTogether, createTogether, readWhatWasAcknowledged, writeBelowWhatMoves } from './scenarios.ts'

describe('many processes on one folder', () => {
  it('8 add to one number 200 times each by compare-and-set: 1,600', () => countTogether(8, 200))
  it('8 create the same 200 paths: one winner each', () => createTogether(8, 200))
  it('one reads what another has acknowledged, 1,000 times', () => readWhatWasAcknowledged(1000))
  it('6 never write into a removed directory, in 60 rounds of removing, restoring and moving it', () =>
    writeBelowWhatMoves(6, 60))
})
