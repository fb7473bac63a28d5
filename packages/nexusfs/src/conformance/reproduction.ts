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
  error: unknown,
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
  lines.push(['replay', replay(law.id, seed)])
  const body = lines.map(([name, text]) => `  ${`${name}:`.padEnd(10)}${text}`)
  return [`${subject} breaks the law ${law.id}: ${law.title}`, ...body].join('\n')
}

/** A report for people: what failed, with its reproduction, what was skipped and why, and the counts. */
export function reportText(report: ConformanceReport): string {
  const counts = `${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped (seed ${report.seed})`
  return [...report.results.flatMap(resultText), `${report.subject}: ${counts}`].join('\n')
}

function resultText(result: LawResult): string[] {
  if (result.status === 'skipped') return [`skipped ${result.id}: ${result.reason}`]
  return result.status === 'failed' ? [result.reproduction] : []
}
