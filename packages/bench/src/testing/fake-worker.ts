import type { SubjectTraits } from '../acts/subject.ts'
import { NexusError } from '../library.ts'
import type { FinishReport, RoundReport } from '../results/measurement.ts'
import type { BeginRequest, CombinationWorker } from '../runner/combination-worker.ts'

/** A clock that only the workers move. */
export class FakeClock {
  #now = 0
  readonly now = (): number => this.#now
  advance(ms: number): void {
    this.#now += ms
  }
}

export interface FakeWorkerOptions {
  readonly clock: FakeClock
  /** Milliseconds of one iteration of this workload. */
  readonly iterationMs: (workload: string) => number
  /** Milliseconds to open, and again to check and close. */
  readonly setUpMs?: number | undefined
  /** Fails the round of that number, counted from 1 with the warm-up. */
  readonly failsAt?: number | undefined
  readonly refusesToBegin?: boolean | undefined
  readonly log?: string[] | undefined
  /** 20 in all iterations, if absent. */
  readonly fsyncs?: number | undefined
}

/** Takes time on a fake clock and does nothing. */
export class FakeWorker implements CombinationWorker {
  readonly #options: FakeWorkerOptions
  #workload = ''
  #id = ''
  #rounds = 0

  constructor(options: FakeWorkerOptions) {
    this.#options = options
  }

  async start(): Promise<void> {}

  async begin({ workload, combination }: BeginRequest): Promise<SubjectTraits> {
    this.#workload = workload
    this.#id = combination.id
    this.#rounds = 0
    this.#options.clock.advance(this.#options.setUpMs ?? 0)
    if (this.#options.refusesToBegin === true) throw new NexusError('Unsupported', 'it is not for this')
    return { durability: combination.durability, keepsVersions: true, isAtomic: true, settings: { fake: 'yes' } }
  }

  async round(iterations: number): Promise<RoundReport> {
    this.#rounds += 1
    this.#options.log?.push(`${this.#id} ${iterations}`)
    if (this.#rounds === this.#options.failsAt) throw new NexusError('Corrupt', 'a byte is wrong')
    const ms = this.#options.iterationMs(this.#workload)
    this.#options.clock.advance(ms * iterations * 1.5)
    return { samplesNs: Array(iterations).fill(ms * 1e6), checkedBytes: 100, tornReads: 0, cold: undefined }
  }

  async finish(): Promise<FinishReport> {
    this.#options.clock.advance(this.#options.setUpMs ?? 0)
    return { iterations: 10, storedBytes: 1000, diskBytes: undefined, logicalBytes: 1000, fsyncs: this.#options.fsyncs ?? 20 }
  }

  async end(): Promise<void> {
    this.#options.log?.push(`${this.#id} end`)
  }

  async close(): Promise<void> {
    this.#options.log?.push('close')
  }
}
