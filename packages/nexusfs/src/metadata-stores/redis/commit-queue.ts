import { isNexusError, NexusError } from '../../core/errors.ts'
import type { Commit, CommitResult } from '../../metadata/metadata-store.ts'
import type { Call } from './call.ts'
import { packCommit } from './pack-commit.ts'

/** How much goes into one script: large enough to share its cost, small enough not to hold up the server's other clients. */
const groupCommits = 128
const groupBytes = 1_048_576
const groupWrites = 2_000

/** Scripts under way at a time: while the server runs one, the next is on its way; more would only make smaller groups. */
const scriptsUnderWay = 2

/** Part of one call: commits that are sent together. */
interface Batch {
  readonly call: Call
  readonly packed: readonly Buffer[]
  readonly bytes: number
  readonly writes: number
  isSent: boolean
  isOver: boolean
  readonly resolve: (results: readonly CommitResult[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * What sends a group: when it is about to, and not before, it takes the packed commits; those whose callers have gone are then left
 * out. From that moment on the outcome of a failure is unknown.
 */
export type SendGroup = (longest: Call, take: () => readonly Buffer[]) => Promise<readonly CommitResult[]>

/** Gathers the commits of concurrent callers, so that one script applies many (group commit). */
export class CommitQueue {
  readonly #send: SendGroup
  #waiting: Batch[] = []
  #underWay = 0
  #isScheduled = false

  constructor(send: SendGroup) {
    this.#send = send
  }

  /**
   * The results of one call, in order. A call above the size of a group goes in several scripts.
   * @throws {NexusError} with the outcome `none` only if nothing of the call was applied
   */
  async add(commits: readonly Commit[], call: Call): Promise<readonly CommitResult[]> {
    const parts = splitCommits(commits).map((part) => this.#enqueue(part, call))
    const [only] = parts
    if (only !== undefined && parts.length === 1) return only
    const settled = await Promise.allSettled(parts)
    return joinParts(settled)
  }

  #enqueue(part: CommitPart, call: Call): Promise<readonly CommitResult[]> {
    let batch: Batch | undefined
    const work = new Promise<readonly CommitResult[]>((resolve, reject) => {
      batch = { ...part, call, isSent: false, isOver: false, resolve, reject }
      this.#waiting.push(batch)
    })
    this.#schedule()
    return call.race(work, () => {
      if (batch === undefined) return 'none'
      batch.isOver = true
      return batch.isSent ? 'unknown' : 'none'
    })
  }

  /** Once the callers of this turn of the event loop have all come. */
  #schedule(): void {
    if (this.#isScheduled || this.#underWay >= scriptsUnderWay) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#pump()
    })
  }

  #pump(): void {
    while (this.#underWay < scriptsUnderWay) {
      const group = this.#takeGroup()
      if (group.length === 0) return
      void this.#run(group)
    }
  }

  #takeGroup(): Batch[] {
    const group: Batch[] = []
    let commits = 0
    let bytes = 0
    let writes = 0
    let taken = 0
    for (const batch of this.#waiting) {
      const isFull = commits >= groupCommits || bytes + batch.bytes > groupBytes || writes + batch.writes > groupWrites
      if (group.length > 0 && isFull) break
      taken += 1
      if (batch.isOver) continue
      group.push(batch)
      commits += batch.packed.length
      bytes += batch.bytes
      writes += batch.writes
    }
    this.#waiting.splice(0, taken)
    return group
  }

  async #run(group: readonly Batch[]): Promise<void> {
    this.#underWay += 1
    try {
      await this.#apply(group)
    } finally {
      this.#underWay -= 1
      if (this.#waiting.length > 0) this.#schedule()
    }
  }

  async #apply(group: readonly Batch[]): Promise<void> {
    const longest = group.map(({ call }) => call).reduce((a, b) => (a.remaining >= b.remaining ? a : b))
    let sent: readonly Batch[] = []
    const take = (): readonly Buffer[] => {
      sent = group.filter((batch) => !batch.isOver)
      for (const batch of sent) batch.isSent = true
      return sent.flatMap((batch) => batch.packed)
    }
    try {
      const results = await this.#send(longest.withoutSignal(), take)
      deliver(sent, results)
    } catch (error) {
      for (const batch of group) batch.reject(error)
    }
  }
}

/** Each batch gets as many results as it had commits. */
function deliver(batches: readonly Batch[], results: readonly CommitResult[]): void {
  let next = 0
  for (const batch of batches) {
    const end = next + batch.packed.length
    batch.resolve(results.slice(next, end))
    next = end
  }
}

interface CommitPart {
  readonly packed: readonly Buffer[]
  readonly bytes: number
  readonly writes: number
}

function splitCommits(commits: readonly Commit[]): CommitPart[] {
  const parts: CommitPart[] = []
  let packed: Buffer[] = []
  let bytes = 0
  let writes = 0
  const end = (): void => {
    if (packed.length > 0) parts.push({ packed, bytes, writes })
    packed = []
    bytes = 0
    writes = 0
  }
  for (const commit of commits) {
    const one = packCommit(commit)
    if (packed.length >= groupCommits || bytes + one.length > groupBytes || writes + commit.writes.length > groupWrites) end()
    packed.push(one)
    bytes += one.length
    writes += commit.writes.length
  }
  end()
  return parts
}

function joinParts(parts: readonly PromiseSettledResult<readonly CommitResult[]>[]): readonly CommitResult[] {
  const failures = parts.filter((part) => part.status === 'rejected')
  const [first] = failures
  if (first === undefined) return parts.flatMap((part) => (part.status === 'fulfilled' ? part.value : []))
  const isNothingApplied = failures.length === parts.length && failures.every(({ reason }) => hasOutcomeNone(reason))
  throw isNothingApplied ? first.reason : withUnknownOutcome(first.reason)
}

function hasOutcomeNone(error: unknown): boolean {
  return isNexusError(error) && error.context.outcome === 'none'
}

function withUnknownOutcome(error: unknown): unknown {
  if (!isNexusError(error) || !hasOutcomeNone(error)) return error
  const { code, message, retry, operation, cause } = error
  const context = { ...error.context, outcome: 'unknown' }
  return new NexusError(code, message, { retry, context, cause, ...(operation === undefined ? {} : { operation }) })
}
