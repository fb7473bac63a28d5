import type { Combination } from '../combinations/combination.ts'
import { type ErrorCode, isNexusError } from '../library.ts'
import type { SubjectTraits } from '../subjects/subject.ts'
import type { CombinationWorker } from './combination-worker.ts'
import type { FinishReport, RoundReport } from './workload-session.ts'

/** A combination that takes part in a workload, and all that is known of it so far. */
export interface Entrant {
  readonly combination: Combination
  readonly worker: CombinationWorker
  traits: SubjectTraits | undefined
  /** By number of the round; those of the warm-up are not kept. */
  readonly rounds: Map<number, RoundRecord>
  finish: FinishReport | undefined
  /** Per operation, or why they are not known. */
  fsyncs: number | string
  /** Why it is out: `void` because something went wrong, `skipped` because it cannot take part. */
  failure: EntrantFailure | undefined
}

export interface RoundRecord extends RoundReport {
  /** Its place in the round, from 0. */
  readonly place: number
  /** It is the first iteration of all: nothing was warm, and there was no time for another. */
  readonly isWarmUp: boolean
}

interface EntrantFailure {
  readonly kind: 'void' | 'skipped'
  readonly code: ErrorCode
  readonly message: string
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
