import { describeError, LawBroken, shown } from './expect.ts'
import type { ConformancePort, ConformanceReport, Law, LawResult } from './law.ts'

/** The call, or command, that runs one law again as it ran. */
export type Replay = (lawId: string, seed: number) => string

export const replayByCall: Replay = (lawId, seed) => `runConformance(subject, laws, { seed: ${seed}, only: ['${lawId}'] })`

/** All that is needed to see the failure again, in several lines. */
export function reproduction<Port extends ConformancePort>(
  law: Law<Port>,
  subject: string,
  seed: number,
  { error, afterwards }: { readonly error: unknown; readonly afterwards?: unknown },
  replay: Replay,
): string {
  const finding = error instanceof LawBroken ? error.finding : {}
  const lines: [string, string][] = [
    ['seed', String(seed)],
    ['sentence', law.sentence],
    ['found', error instanceof LawBroken ? error.message : `an error the law does not foresee: ${describeError(error)}`],
  ]
  if (finding.key !== undefined) lines.push(['key', finding.key])
  if ('expected' in finding) lines.push(['expected', shown(finding.expected)])
  if ('actual' in finding) lines.push(['actual', shown(finding.actual)])
  if (afterwards !== undefined) lines.push(['then', messageOf(afterwards)])
  lines.push(['replay', replay(law.id, seed)])
  const body = lines.map(([name, text]) => `  ${`${name}:`.padEnd(10)}${text}`)
  return [`${subject} breaks the law ${law.id}: ${law.title}`, ...body].join('\n')
}

/** What a replay that finds nothing means. */
export const aboutChance =
  'a replay repeats what the law draws, not what the engine does: if the law is kept then, the fault comes by chance; run it some times without its seed'

/** A report for people: what failed, with its reproduction, what was skipped and why, and the counts. */
export function reportText(report: ConformanceReport): string {
  const unchecked = report.unchecked === 0 ? '' : `, ${report.unchecked} NOT CHECKED`
  const counts = `${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped${unchecked} (seed ${report.seed})`
  const chance = report.failed === 0 ? [] : [aboutChance]
  return [...report.results.flatMap(resultText), `${report.subject}: ${counts}`, ...chance].join('\n')
}

function resultText(result: LawResult): string[] {
  if (result.status === 'skipped') return [`skipped ${result.id}: ${result.reason}`]
  if (result.status === 'unchecked') return [`NOT CHECKED ${result.id}: ${result.reason}`]
  return result.status === 'failed' ? [result.reproduction] : []
}

function messageOf(error: unknown): string {
  return error instanceof LawBroken ? error.message : describeError(error)
}
