import { freshSeed } from 'nexusfs/testing'
import type { ConformancePort, ConformanceSubject, Law } from './law.ts'
import { type Mutant, mutated } from './mutant.ts'
import { endOtherProcess } from './other-process/shared-processes.ts'
import { type LawRunOptions, runLaw } from './run-law.ts'

/** Which mutants which laws fail. */
export interface KillMatrix {
  readonly subject: string
  readonly seed: number
  readonly laws: readonly string[]
  readonly rows: readonly KillRow[]
}

export interface KillRow {
  readonly mutant: string
  readonly breaks: string
  readonly description: string
  /** Ids of the laws that failed it, in the order of the laws. */
  readonly failed: readonly string[]
}

/** Milliseconds: mutants may hang, and a law on a correct in-process subject ends at once. */
const mutantDeadlineMs = 5_000

/**
 * Runs every law against every mutant of the subject. To be called with a subject that is correct and fast, that is in memory.
 */
export async function killMatrix<Port extends ConformancePort>(
  laws: readonly Law<Port>[],
  mutants: readonly Mutant<Port>[],
  subject: ConformanceSubject<Port>,
  options: Partial<LawRunOptions> = {},
): Promise<KillMatrix> {
  const seed = options.seed ?? freshSeed()
  const rows: KillRow[] = []
  for (const mutant of mutants) {
    const failed: string[] = []
    for (const law of laws) {
      const wrong = mutated(mutant, subject)
      const result = await runLaw(wrong, law, { deadlineMs: mutantDeadlineMs, ...options, seed })
      await endOtherProcess(wrong)
      if (result.status === 'failed') failed.push(law.id)
    }
    rows.push({ mutant: mutant.id, breaks: mutant.breaks, description: mutant.description, failed })
  }
  return { subject: subject.name, seed, laws: laws.map(({ id }) => id), rows }
}

/**
 * What is wrong with the laws or the mutants, a sentence each; empty if every law has a mutant that fails it, and every mutant fails
 * its law and at most `others` (3 if absent) others.
 */
export function killMatrixProblems(matrix: KillMatrix, others = 3): readonly string[] {
  const unproved = matrix.laws.filter((law) => !matrix.rows.some((row) => row.breaks === law && row.failed.includes(law)))
  const survivors = matrix.rows.filter((row) => !row.failed.includes(row.breaks))
  const blunt = matrix.rows.filter((row) => row.failed.filter((law) => law !== row.breaks).length > others)
  return [
    ...unproved.map((law) => `no mutant fails the law ${law}`),
    ...survivors.map((row) => `the mutant ${row.mutant} (${row.description}) survives its law ${row.breaks}`),
    ...blunt.map((row) => `the mutant ${row.mutant} fails too much: ${row.failed.join(', ')}`),
  ]
}

/** The matrix for people: a line for each mutant, the law it breaks, and the other laws that fail it. */
export function killMatrixText(matrix: KillMatrix): string {
  const wide = Math.max(0, ...matrix.rows.map((row) => row.mutant.length))
  const wideLaw = Math.max(0, ...matrix.rows.map((row) => row.breaks.length))
  const lines = matrix.rows.map((row) => {
    const mark = row.failed.includes(row.breaks) ? 'killed by ' : 'SURVIVES  '
    const others = row.failed.filter((law) => law !== row.breaks)
    return `${row.mutant.padEnd(wide)}  ${mark}${row.breaks.padEnd(wideLaw)}  ${others.join(' ')}`.trimEnd()
  })
  const killed = matrix.rows.filter((row) => row.failed.includes(row.breaks)).length
  return [...lines, `${matrix.subject}: ${killed} of ${matrix.rows.length} mutants killed (seed ${matrix.seed})`].join('\n')
}
