import type { Combination } from '../combinations/combination.ts'
import type { ErrorCode } from '../library.ts'

/** What is known of a combination once a workload has run on it: the raw material of a result. */
export interface Measurement {
  readonly combination: Combination
  /** By number of the round; those of the warm-up are not kept. */
  readonly rounds: ReadonlyMap<number, RoundRecord>
  readonly finish: FinishReport | undefined
  /** Per operation, or why they are not known. */
  readonly fsyncs: number | string
  /** Why there is no result: `void` because something went wrong, `skipped` because it could not take part. */
  readonly failure: MeasurementFailure | undefined
}

export interface MeasurementFailure {
  readonly kind: 'void' | 'skipped'
  readonly code: ErrorCode
  readonly message: string
}

export interface RoundReport {
  /** One for each iteration, in nanoseconds. */
  readonly samplesNs: readonly number[]
  readonly checkedBytes: number
  readonly tornReads: number
  /** For a cold start. */
  readonly cold: ColdFacts | undefined
}

export interface RoundRecord extends RoundReport {
  /** Its position in the round, from 0. */
  readonly position: number
  /** It is the first iteration of all: nothing was warm, and there was no time for another. */
  readonly isWarmUp: boolean
}

export interface ColdFacts {
  /** Bytes that were not read before the clock started. */
  readonly coldBytes: number
  /** Bytes that the system fetched from the disk while it ran. Fewer, if it read ahead when the warm files were read. */
  readonly fetchedBytes: number
}

/** What all rounds together did; growth is counted from the end of the preload. */
export interface FinishReport {
  readonly iterations: number
  readonly storedBytes: number
  readonly diskBytes: number | undefined
  readonly logicalBytes: number
  /** Where the subject knows. */
  readonly fsyncs: number | undefined
}
