import { freshSeed } from 'nexusfs/testing'
import type { ConformancePort, ConformanceSubject, Law, LawResult } from './law.ts'
import { lawsOf } from './laws-of.ts'
import { type ConformanceOptions, isUnopened, selectLaws } from './run-conformance.ts'
import { runLaw } from './run-law.ts'

/** What the kit needs of a test runner: `describe` and `it` (or `test`) of vitest, `node:test`, jest, mocha and others fit. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown
  readonly it: (name: string, body: (context?: unknown) => Promise<void>) => unknown
}

/**
 * Makes one test of each law. A broken law fails its test with the reproduction as message, one that cannot be checked with what is
 * missing; a law whose requirement is not met is skipped with the reason, where the runner's test context has `skip`.
 * If the first namespace cannot be opened, that one test says so and the others are skipped.
 *
 * @throws {NexusError} InvalidArgument as `runConformance`
 * @example
 * import { describe, it } from 'node:test'
 * import { registerLaws } from 'nexusfs/conformance'
 *
 * registerLaws({ kind: 'storage', name: 'mine', open: (namespace) => MyBackend.open({ namespace }) }, { describe, it })
 */
export function registerLaws<Port extends ConformancePort>(
  subject: ConformanceSubject<Port>,
  runner: TestRunner,
  laws: readonly Law<Port>[] = lawsOf(subject),
  options: ConformanceOptions = {},
): void {
  const seed = options.seed ?? freshSeed()
  const selected = selectLaws(laws, options.only)
  const opening: { hasOpened: boolean; failed?: string } = { hasOpened: false }
  runner.describe(`${subject.name} keeps the laws of its port (seed ${seed})`, () => {
    for (const law of selected) {
      runner.it(`${law.id}: ${law.title}`, async (context) => {
        if (opening.failed !== undefined) return skip(context, opening.failed)
        const result = await runLaw(subject, law, { ...options, seed })
        options.onResult?.(result)
        if (!opening.hasOpened && isUnopened(result)) {
          opening.failed = result.error.toNexusError(subject.name).message
          throw new LawTestFailure(opening.failed, { cause: result.error.cause })
        }
        opening.hasOpened = true
        report(result, context)
      })
    }
  })
}

function report(result: LawResult, context: unknown): void {
  if (result.status === 'skipped') skip(context, result.reason)
  if (result.status === 'unchecked') throw new LawTestFailure(`${result.id} was not checked: ${result.reason}`)
  if (result.status === 'failed') throw new LawTestFailure(result.reproduction, { cause: result.error })
}

/** Some runners skip by throwing, some by taking note: either ends the test. The context of vitest is a function. */
function skip(context: unknown, reason: string): void {
  const isHolder = typeof context === 'function' || (typeof context === 'object' && context !== null)
  if (!isHolder || !('skip' in context)) return
  if (typeof context.skip === 'function') context.skip(reason)
}

/** Its stack would only show the runner, so that the message stands alone. */
class LawTestFailure extends Error {
  override readonly name = 'LawTestFailure'

  constructor(reproduction: string, options: ErrorOptions = {}) {
    super(reproduction, options)
    this.stack = `${this.name}: ${reproduction}`
  }
}
