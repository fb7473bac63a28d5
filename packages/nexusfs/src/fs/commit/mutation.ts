import type { ReferredContent } from '../../content/incoming-content.ts'
import { utf8 } from '../../core/bytes.ts'
import { isNexusError, NexusError, throwIfAborted } from '../../core/errors.ts'
import type { Revision } from '../../core/revision.ts'
import { Backoff } from '../../engine-kit/backoff.ts'
import type { CommitOptions } from '../model/options.ts'
import type { CommitPlan } from './commit-plan.ts'
import { isOutcomeUnknown } from './committer.ts'
import type { FsContext } from './context.ts'

/** What one look at the store led to: a plan to commit, or, if there is nothing to do, the result. */
export type Attempt<T> =
  | { readonly plan: CommitPlan; result(revision: Revision): T }
  | { readonly done: T }
  /** Something has changed while it was looked at. */
  | { readonly again: true }

/** How long a change is tried again when others come first, in milliseconds. */
const contendedForMs = 30_000
const authorBytes = 255
const reasonBytes = 4096

/**
 * Makes one change: looks, decides, commits; looks again if anything it relied on changed meanwhile. Preconditions of the caller are
 * part of looking, so they hold at the instant of the commit.
 * @throws {NexusError} what `attempt` throws; Timeout if others come first for 30 seconds; what committing throws
 */
export async function mutate<T>(fs: FsContext, options: CommitOptions, attempt: () => Promise<Attempt<T>>): Promise<T> {
  const { signal } = options
  const words = { author: checkedAuthor(options.author ?? fs.author), reason: checkedReason(options.reason), signal }
  const started = fs.clock.monotonic()
  const backoff = new Backoff({ firstMs: 1, longestMs: 25, random: fs.random })
  for (let tries = 0; ; tries++) {
    throwIfAborted(signal, 'commit', 'none')
    const tried = await attempt().catch(nothingApplied)
    if ('done' in tried) return tried.done
    if ('plan' in tried) {
      const outcome = await fs.committer.commit(tried.plan, words)
      if (outcome.status === 'committed') {
        tried.plan.committed()
        return tried.result(outcome.revision)
      }
      if (outcome.status === 'conflict' && outcome.expectation?.kind === 'present') {
        for (const content of tried.plan.contents) content.leaseLost()
      }
    }
    if (fs.clock.monotonic() - started > contendedForMs) throw contended(tries + 1)
    if (tries > 0) await fs.clock.sleep(backoff.next())
  }
}

/**
 * For what fails before the commit, whatever a layer knows of its own call: the change has not been made.
 * @throws {NexusError} the error, with outcome none where it said otherwise or was cancelled
 */
export function nothingApplied(error: unknown): never {
  if (!isNexusError(error)) throw error
  const saysNothing = error.outcome === undefined && error.code !== 'Aborted'
  if (saysNothing || error.outcome === 'none') throw error
  throw error.with({ operation: error.operation ?? 'write', outcome: 'none' })
}

/** Runs a change that brings in content, and settles the content by what became of it. */
export async function settling<T>(contents: readonly ReferredContent[], change: () => Promise<T>): Promise<T> {
  try {
    const result = await change()
    for (const content of contents) content.settle('kept')
    return result
  } catch (error) {
    const outcome = isOutcomeUnknown(error) ? 'unresolved' : 'dropped'
    for (const content of contents) content.settle(outcome)
    throw error
  }
}

/**
 * @throws {NexusError} InvalidArgument
 */
export function checkedAuthor(author: string): string {
  if (typeof author !== 'string' || author === '' || !author.isWellFormed() || utf8(author).length > authorBytes) {
    throw new NexusError('InvalidArgument', `an author has 1 to ${authorBytes} bytes of well-formed text`)
  }
  return author
}

function checkedReason(reason: string | undefined): string | undefined {
  if (reason !== undefined && (!reason.isWellFormed() || utf8(reason).length > reasonBytes)) {
    throw new NexusError('InvalidArgument', `a reason has at most ${reasonBytes} bytes of well-formed text`)
  }
  return reason
}

function contended(tries: number): NexusError {
  const seconds = contendedForMs / 1000
  return new NexusError('Timeout', `other writers came first ${tries} times in ${seconds} s`, {
    advice: 'try again when fewer write here',
    outcome: 'none',
  })
}
