import type { PlannedCall } from '../acts/act.ts'
import type { Subject } from '../acts/subject.ts'

/** Runs the calls of one iteration. Resolves with the nanoseconds from the first call to the last answer. */
export async function timeIteration(
  subject: Subject,
  calls: readonly PlannedCall[],
  order: 'one-by-one' | 'at-once',
): Promise<number> {
  const start = process.hrtime.bigint()
  if (order === 'one-by-one') for (const { call } of calls) await call(subject)
  else await Promise.all(calls.map(({ call }) => call(subject)))
  return Number(process.hrtime.bigint() - start)
}
