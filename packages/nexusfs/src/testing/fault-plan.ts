import { type ErrorCode, NexusError } from '../core/errors.ts'
import type { Random } from '../core/system.ts'

/** What goes wrong in a call. */
export type FaultMode =
  /** It is refused; nothing is applied. The code is `Unavailable` unless one is named. */
  | { readonly kind: 'before'; readonly code?: ErrorCode | undefined }
  /** It is applied, and its answer is lost: `Unavailable`, outcome unknown. */
  | { readonly kind: 'after' }
  /** Its answer is lost at once, and it is applied `delayMs` milliseconds after the caller was told. */
  | { readonly kind: 'late'; readonly delayMs: number }
  /** It neither answers nor is applied, until the caller cancels it, the layer's deadline passes, or the layer is closed. */
  | { readonly kind: 'hang' }
  /** Storage only, `get` and `stream`: one bit of the byte at `offset` (0 if absent) is flipped. */
  | { readonly kind: 'flip'; readonly offset?: number | undefined }
  /** Storage only, `get` and `stream`: the last byte is missing. */
  | { readonly kind: 'short' }

export interface Fault {
  /** The member's name, such as `commit`; `*` is every method, their calls counted together. */
  readonly method: string
  readonly mode: FaultMode
  readonly when: FaultTrigger
}

export type FaultTrigger =
  /** The call of that number, counted from 1 since the fault was planned; with `repeats`, all from there on. */
  | { readonly nth: number; readonly repeats?: boolean | undefined }
  /** Each call with this probability, from 0 to 1; with `once`, until it has happened. */
  | { readonly probability: number; readonly once?: boolean | undefined }

/** A fault that was planned. */
export interface PlannedFault {
  /** How often it has happened. */
  readonly hits: number
  /** It does not happen again. */
  cancel(): void
}

/** Which calls go wrong, and how. One plan may serve several layers. */
export class FaultPlan {
  readonly #random: Random
  #planned: Planned[] = []
  readonly #hits = new Map<FaultMode['kind'], number>()

  /** `random` decides where probabilities are asked for: a seeded one gives the same run again. */
  constructor(random: Random) {
    this.#random = random
  }

  /**
   * @throws {NexusError} InvalidArgument for a number or a probability out of range
   */
  add(fault: Fault): PlannedFault {
    checkTrigger(fault.when)
    const planned = new Planned(fault)
    this.#planned.push(planned)
    return planned
  }

  /** Nothing goes wrong any more. */
  clear(): void {
    this.#planned = []
  }

  /** How often a mode has happened, by any fault of the plan. */
  hits(kind: FaultMode['kind']): number {
    return this.#hits.get(kind) ?? 0
  }

  /** What goes wrong in the call that begins now, if anything; for layers. Every planned fault counts the call, the first that fires wins. */
  next(method: string): FaultMode | undefined {
    const firing = this.#planned.filter((planned) => planned.counts(method, this.#random))
    const [first] = firing
    if (first === undefined) return undefined
    first.hits += 1
    const { mode } = first.fault
    this.#hits.set(mode.kind, this.hits(mode.kind) + 1)
    return mode
  }
}

class Planned implements PlannedFault {
  readonly fault: Fault
  hits = 0
  #calls = 0
  #isCancelled = false

  constructor(fault: Fault) {
    this.fault = fault
  }

  cancel(): void {
    this.#isCancelled = true
  }

  /** Counts the call; true if the fault is due. */
  counts(method: string, random: Random): boolean {
    if (this.#isCancelled || (this.fault.method !== '*' && this.fault.method !== method)) return false
    this.#calls += 1
    const { when } = this.fault
    if ('nth' in when) return when.repeats === true ? this.#calls >= when.nth : this.#calls === when.nth
    if (when.once === true && this.hits > 0) return false
    return random.fraction() < when.probability
  }
}

function checkTrigger(when: FaultTrigger): void {
  const isRight = 'nth' in when ? Number.isInteger(when.nth) && when.nth >= 1 : when.probability >= 0 && when.probability <= 1
  if (isRight) return
  throw new NexusError('InvalidArgument', 'testing: a fault happens at call 1, 2, ... or with a probability from 0 to 1')
}
