import type { SuiteProgress } from '@nexusfs/bench'
import { formatMinutes } from '../../output/format.ts'
import type { Progress } from '../../output/progress.ts'
import type { OutputStream } from '../../output/terminal.ts'

/** Says how a run gets on: one line that is rewritten on a terminal, else a line for each workload. */
export class ProgressLine {
  readonly #progress: Progress
  readonly #stream: Pick<OutputStream, 'write' | 'isTTY'>

  constructor(progress: Progress, stream: Pick<OutputStream, 'write' | 'isTTY'>) {
    this.#progress = progress
    this.#stream = stream
  }

  /** The start and the end of a workload are always shown. */
  update(event: SuiteProgress): void {
    if (this.#stream.isTTY === true) this.#progress.update(lineOf(event), { isUrgent: event.roundsDone === 0 || event.isDone })
    else if (event.isDone) this.#stream.write(`${lineOf(event)}\n`)
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
