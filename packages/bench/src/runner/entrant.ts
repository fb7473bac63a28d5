import type { SubjectTraits } from '../acts/subject.ts'
import type { Combination } from '../combinations/combination.ts'
import { isNexusError } from '../library.ts'
import type { FinishReport, Measurement, MeasurementFailure, RoundRecord } from '../results/measurement.ts'
import type { CombinationWorker } from './combination-worker.ts'

/** A combination that takes part in a workload, and all that is known of it so far. */
export interface Entrant extends Measurement {
  readonly worker: CombinationWorker
  traits: SubjectTraits | undefined
  readonly rounds: Map<number, RoundRecord>
  finish: FinishReport | undefined
  fsyncs: number | string
  /** Once it is set, the combination is out. */
  failure: MeasurementFailure | undefined
}

export function newEntrant(combination: Combination, worker: CombinationWorker): Entrant {
  return {
    combination,
    worker,
    traits: undefined,
    rounds: new Map(),
    finish: undefined,
    fsyncs: 'not counted',
    failure: undefined,
  }
}

export function isIn(entrant: Entrant): boolean {
  return entrant.failure === undefined
}

/** Runs one step of an entrant; an error takes it out of the workload. Resolves with `undefined` then. */
export async function attempt<T>(entrant: Entrant, step: () => Promise<T>): Promise<T | undefined> {
  try {
    return await step()
  } catch (error) {
    const code = isNexusError(error) ? error.code : 'Unexpected'
    const message = error instanceof Error ? error.message : String(error)
    entrant.failure ??= { kind: code === 'Unsupported' ? 'skipped' : 'void', code, message }
    return undefined
  }
}
