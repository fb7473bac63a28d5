import type { SubjectTraits } from '../acts/subject.ts'
import type { Combination } from '../combinations/combination.ts'
import type { ErrorCode } from '../library.ts'
import type { FinishReport, RoundReport } from '../results/measurement.ts'
import type { FreshLocation } from '../subjects/open-subject.ts'
import type { BeginRequest } from './combination-worker.ts'

/** What the runner asks of a child process; one request is under way at a time. */
export type Request =
  | { readonly kind: 'start' }
  | { readonly kind: 'begin'; readonly request: BeginRequest }
  | { readonly kind: 'round'; readonly iterations: number }
  | { readonly kind: 'finish' }
  | { readonly kind: 'end' }
  /** Removes the location of a child that died. */
  | { readonly kind: 'remove'; readonly combination: Combination; readonly location: FreshLocation }

export type Reply =
  | { readonly kind: 'started' }
  | { readonly kind: 'began'; readonly traits: SubjectTraits }
  | { readonly kind: 'round'; readonly report: RoundReport }
  | { readonly kind: 'finished'; readonly report: FinishReport }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string }

/** What a child is told when it starts, as its only argument. */
export interface ChildSettings {
  readonly cwd: string
  /** False = the nearest `nexus.config` is not loaded. */
  readonly usesConfig: boolean
}
