import { formatMinutes } from '../report/format.ts'
import type { SuiteProgress } from '../runner/run-suite.ts'
import type { BenchStream } from './bench-io.ts'

/** Says how a run gets on: one line that is rewritten on a terminal, else a line for each workload. */
export class ProgressLine {
  readonly #stream: BenchStream
  #shownAt = Number.NEGATIVE_INFINITY

  constructor(stream: BenchStream) {
    this.#stream = stream
  }

  update(progress: SuiteProgress): void {
    if (this.#stream.isTTY === true) this.#rewrite(progress)
    else if (progress.isDone) this.#stream.write(`${lineOf(progress)}\n`)
  }

  /** Clears the line, so that something else can be written. */
  clear(): void {
    if (this.#stream.isTTY === true) this.#stream.write('\r\x1b[2K')
  }

  /** At most ten times a second; the start and the end of a workload are always shown. */
  #rewrite(progress: SuiteProgress): void {
    const now = performance.now()
    if (progress.roundsDone > 0 && !progress.isDone && now - this.#shownAt < 100) return
    this.#shownAt = now
    this.#stream.write(`\r\x1b[2K${lineOf(progress).slice(0, (this.#stream.columns ?? 100) - 1)}`)
  }
}

function lineOf({ number, of, workload, roundsDone, roundsPlanned, leftMs, isDone }: SuiteProgress): string {
  const rounds = isDone
    ? `${roundsDone} rounds`
    : roundsDone === 0
      ? 'preparing'
      : `round ${roundsDone} of about ${roundsPlanned}`
  return `[${String(number).padStart(String(of).length)}/${of}] ${workload}  ${rounds}, ${formatMinutes(leftMs)} left`
}
