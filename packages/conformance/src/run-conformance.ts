import { NexusError, throwIfAborted } from 'nexusfs/errors'
import { freshSeed } from 'nexusfs/testing'
import type { ConformancePort, ConformanceReport, ConformanceSubject, Law, LawResult } from './law.ts'
import { lawsOf } from './laws-of.ts'
import { CannotOpen } from './open-port.ts'
import { endOtherProcess } from './other-process/shared-processes.ts'
import { type LawRunOptions, runLaw } from './run-law.ts'

export interface ConformanceOptions extends Partial<LawRunOptions> {
  /** Ids of the laws to run, in which `*` stands for any part, such as `scan-*`; all if absent. */
  readonly only?: readonly string[] | undefined
  /** Called as each law ends. */
  readonly onResult?: ((result: LawResult) => void) | undefined
}

/**
 * Checks the laws one after the other, each on its own fresh namespace, and reports on all of them: a broken law never ends the run.
 * Without laws, those of the subject's port are checked.
 *
 * @throws {NexusError} InvalidArgument if two laws have one id or `only` names no law that is there; Aborted if the run is
 * cancelled (the namespace in use is closed and disposed of first); if the first namespace cannot be opened, the code that said so, or
 * Unexpected
 * @example
 * const report = await runConformance({ kind: 'storage', name: 'mine', open: (namespace) => MyBackend.open({ namespace }) })
 * console.log(reportText(report))
 */
export async function runConformance<Port extends ConformancePort>(
  subject: ConformanceSubject<Port>,
  laws: readonly Law<Port>[] = lawsOf(subject),
  options: ConformanceOptions = {},
): Promise<ConformanceReport> {
  const seed = options.seed ?? freshSeed()
  const results: LawResult[] = []
  try {
    for (const law of selectLaws(laws, options.only)) {
      throwIfAborted(options.signal, 'runConformance')
      const result = await runLaw(subject, law, { ...options, seed })
      throwIfAborted(options.signal, 'runConformance')
      if (results.length === 0 && isUnopened(result)) throw result.error.toNexusError(subject.name)
      results.push(result)
      options.onResult?.(result)
    }
  } finally {
    await endOtherProcess(subject)
  }
  const count = (status: LawResult['status']): number => results.filter((result) => result.status === status).length
  const counts = { passed: count('passed'), failed: count('failed'), skipped: count('skipped'), unchecked: count('unchecked') }
  return { subject: subject.name, seed, results, ...counts }
}

/** Failed before the law could look at anything. */
export function isUnopened(result: LawResult): result is LawResult & { readonly status: 'failed'; readonly error: CannotOpen } {
  return result.status === 'failed' && result.error instanceof CannotOpen
}

/**
 * The laws of these ids in their own order.
 * @throws {NexusError} InvalidArgument if an id is there twice or not at all
 */
export function selectLaws<Port extends ConformancePort>(
  laws: readonly Law<Port>[],
  only?: readonly string[],
): readonly Law<Port>[] {
  const ids = new Set<string>()
  for (const { id } of laws) {
    if (ids.has(id)) throw new NexusError('InvalidArgument', `conformance: two laws have the id ${id}`)
    ids.add(id)
  }
  if (only === undefined) return laws
  const patterns = only.map((text) => ({ text, isMeant: isMeantBy(text) }))
  const unknown = patterns.find(({ isMeant }) => !laws.some(({ id }) => isMeant(id)))
  if (unknown !== undefined) throw noLaw(unknown.text, ids)
  return laws.filter(({ id }) => patterns.some(({ isMeant }) => isMeant(id)))
}

/** An id, in which `*` stands for any part of one. */
function isMeantBy(text: string): (id: string) => boolean {
  const parts = text.split('*').map((part) => part.replace(/[^a-z0-9-]/g, '\\$&'))
  const pattern = new RegExp(`^${parts.join('.*')}$`)
  return (id) => pattern.test(id)
}

function noLaw(text: string, ids: ReadonlySet<string>): NexusError {
  const beginnings = new Set([...ids].map((id) => `${id.split('-')[0]}-*`))
  return new NexusError(
    'InvalidArgument',
    `conformance: there is no law ${text}; they are called ${[...beginnings].sort().join(', ')}`,
  )
}
