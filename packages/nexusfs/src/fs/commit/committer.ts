import { isNexusError, NexusError } from '../../core/errors.ts'
import { type Id, newId } from '../../core/id.ts'
import type { Revision } from '../../core/revision.ts'
import type { Clock, Random } from '../../core/system.ts'
import { Backoff } from '../../engine-kit/backoff.ts'
import { emptyValue, logGroup, logItemAfter, operationKey, revisionInLogItem } from '../../metadata/keyspace.ts'
import type { Commit, CommitResult, Expectation, MetadataStore } from '../../metadata/metadata-store.ts'
import { decodeRecord } from '../../metadata/record.ts'
import type { CommitPlan, CommitStamp } from './commit-plan.ts'

export type CommitOutcome =
  | { readonly status: 'committed'; readonly revision: Revision }
  /** Nothing was applied: this expectation did not hold. */
  | { readonly status: 'conflict'; readonly expectation: Expectation | undefined }
  /** The reply was lost, and the commit is now known never to be applied. */
  | { readonly status: 'lost' }

export interface CommitWords {
  readonly author: string
  readonly reason: string | undefined
  readonly signal: AbortSignal | undefined
}

type TimeStamp = Pick<CommitStamp, 'time' | 'newSecond'>

/** How long a lost reply is looked after, in milliseconds. */
const resolveWithinMs = 30_000
const logPage = 1000

/** Commits plans, and finds out what became of those whose reply was lost, so that none is ever applied twice. */
export class Committer {
  readonly #metadata: MetadataStore
  readonly #clock: Clock
  readonly #random: Random
  readonly #onCommitted: (revision: Revision) => void
  #acknowledged: Revision
  #time = 0
  #second = 0

  /**
   * @param horizon of the store now
   * @param onCommitted called with the revision of each commit that was applied
   */
  constructor(
    metadata: MetadataStore,
    clock: Clock,
    random: Random,
    horizon: Revision,
    onCommitted: (revision: Revision) => void = () => undefined,
  ) {
    this.#onCommitted = onCommitted
    this.#metadata = metadata
    this.#clock = clock
    this.#random = random
    this.#acknowledged = horizon
  }

  /**
   * @throws {NexusError} Aborted if the caller cancelled; Unavailable with `outcome: 'unknown'` if the reply was lost and the store
   * cannot be asked; else what the store throws, with nothing applied
   */
  async commit(plan: CommitPlan, words: CommitWords): Promise<CommitOutcome> {
    const stamp = this.#stamp(plan.time)
    let outcome: CommitOutcome | undefined
    try {
      outcome = await this.#apply(plan, words, stamp)
      return outcome
    } finally {
      if (outcome?.status !== 'committed') this.#takeBack(stamp)
    }
  }

  async #apply(plan: CommitPlan, words: CommitWords, stamp: TimeStamp): Promise<CommitOutcome> {
    const id = newId(this.#random)
    const since = this.#acknowledged
    const commit = plan.build({ commit: id, author: words.author, reason: words.reason, ...stamp })
    let results: readonly CommitResult[]
    try {
      results = await this.#metadata.commit([commit], { signal: words.signal, makesRoom: plan.makesRoom })
    } catch (error) {
      if (hasNoEffect(error)) throw error
      if (words.signal?.aborted) throw cancelled(error)
      return this.#resolveLostReply(id, since, error, words.signal)
    }
    return this.#outcome(commit, results[0])
  }

  #outcome(commit: Commit, result: CommitResult | undefined): CommitOutcome {
    if (result === undefined) throw new NexusError('Unexpected', 'the metadata store gave no result for a commit')
    if (result.status === 'failed') throw result.error
    if (result.status === 'conflict') return { status: 'conflict', expectation: commit.expect[result.expectation] }
    return this.#committed(result.revision)
  }

  #committed(revision: Revision): CommitOutcome {
    if (revision > this.#acknowledged) this.#acknowledged = revision
    this.#onCommitted(revision)
    return { status: 'committed', revision }
  }

  /** Log times never run backwards within a process; the first commit in each second leaves a mark. */
  #stamp(time: number): TimeStamp {
    this.#time = Math.max(this.#time, time)
    const second = Math.floor(this.#time / 1000)
    const isNew = second > this.#second
    this.#second = second
    return { time: this.#time, newSecond: isNew ? second : undefined }
  }

  /** A mark that was not committed is left by the next commit. */
  #takeBack({ newSecond }: TimeStamp): void {
    if (newSecond !== undefined && newSecond === this.#second) this.#second = newSecond - 1
  }

  /** The barrier decides: from then on the commit either is in the log, or can never be applied. */
  async #resolveLostReply(id: Id, since: Revision, cause: unknown, signal: AbortSignal | undefined): Promise<CommitOutcome> {
    const deadline = this.#clock.monotonic() + resolveWithinMs
    for (const backoff = new Backoff({ firstMs: 10, longestMs: 1_000, random: this.#random }); ; ) {
      try {
        await this.#putUpBarrier(id, signal)
        const revision = await this.#findInLog(id, since, signal)
        return revision === undefined ? { status: 'lost' } : this.#committed(revision)
      } catch (error) {
        if (signal?.aborted) throw cancelled(cause)
        const isInVain = isNexusError(error) && error.retry === 'never'
        if (isInVain || this.#clock.monotonic() > deadline) throw unknownOutcome(error, cause)
      }
      await this.#clock.sleep(backoff.next())
    }
  }

  async #putUpBarrier(id: Id, signal: AbortSignal | undefined): Promise<void> {
    const key = operationKey(id)
    const barrier: Commit = { expect: [{ kind: 'absent', key }], writes: [{ kind: 'put', key, value: emptyValue }] }
    const [result] = await this.#metadata.commit([barrier], { signal })
    if (result?.status === 'failed') throw result.error
  }

  async #findInLog(id: Id, since: Revision, signal: AbortSignal | undefined): Promise<Revision | undefined> {
    let from = logItemAfter(since)
    for (;;) {
      const { scan } = await this.#metadata.read({ scan: [{ group: logGroup, from, limit: logPage }] }, { signal })
      const entries = scan[0]?.entries ?? []
      const row = entries.find(({ value }) => decodeRecord(value).fields.i === id)
      if (row !== undefined) return revisionInLogItem(row.key.item)
      const last = entries.at(-1)
      if (last === undefined || !scan[0]?.hasMore) return undefined
      from = logItemAfter(revisionInLogItem(last.key.item))
    }
  }
}

/** True if a store says that nothing was, or will be, applied. */
function hasNoEffect(error: unknown): boolean {
  return isNexusError(error) && error.outcome === 'none'
}

/** True if a write may have been applied although its call failed. */
export function isOutcomeUnknown(error: unknown): boolean {
  return !isNexusError(error) || error.outcome === 'unknown'
}

function cancelled(cause: unknown): NexusError {
  return new NexusError('Aborted', 'cancelled by the caller during a commit, which may or may not have been applied', {
    outcome: 'unknown',
    cause,
  })
}

function unknownOutcome(error: unknown, cause: unknown): NexusError {
  const what = error instanceof Error ? error.message : String(error)
  const code = isNexusError(error) && error.retry === 'never' ? error.code : 'Unavailable'
  return new NexusError(code, `the metadata store failed during a commit, which may or may not have been applied: ${what}`, {
    retry: 'exhausted',
    outcome: 'unknown',
    cause,
  })
}
