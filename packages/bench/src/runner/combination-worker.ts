import type { Subject, SubjectTraits } from '../acts/subject.ts'
import type { Combination } from '../combinations/combination.ts'
import { NexusError } from '../library.ts'
import type { FinishReport, RoundReport } from '../results/measurement.ts'
import type { FreshLocation } from '../subjects/open-subject.ts'
import type { Workload } from '../workloads/workload.ts'
import { WorkloadSession } from './workload-session.ts'

/** Runs workloads on one combination, one after the other. The runner talks to it across a process boundary; see `child-worker.ts`. */
export interface CombinationWorker {
  /** Makes it ready to work; `begin` does so, too, but then the time counts. */
  start(): Promise<void>
  /** Opens a fresh location and preloads it. */
  begin(request: BeginRequest): Promise<SubjectTraits>
  /** Times that many iterations, then verifies them. */
  round(iterations: number): Promise<RoundReport>
  /** The checks after the last round. */
  finish(): Promise<FinishReport>
  /** Closes and removes the location, also after a failure. */
  end(): Promise<void>
  close(): Promise<void>
}

export interface BeginRequest {
  readonly combination: Combination
  /** Id of the workload. */
  readonly workload: string
  readonly location: FreshLocation
  readonly seed: string
}

interface LocalWorkerOptions {
  readonly workloads: (id: string) => Workload | undefined
  readonly open: (request: BeginRequest, workload: Workload) => Promise<Subject>
}

/** The worker itself, in the process that calls it. */
export class LocalWorker implements CombinationWorker {
  readonly #options: LocalWorkerOptions
  #subject: Subject | undefined
  #session: WorkloadSession | undefined

  constructor(options: LocalWorkerOptions) {
    this.#options = options
  }

  async start(): Promise<void> {}

  async begin(request: BeginRequest): Promise<SubjectTraits> {
    const workload = this.#options.workloads(request.workload)
    if (workload === undefined) throw new NexusError('NotFound', `there is no workload ${request.workload}`)
    this.#subject = await this.#options.open(request, workload)
    this.#session = await WorkloadSession.begin(this.#subject, workload, `${request.seed}/${request.workload}`)
    return this.#subject.traits
  }

  async round(iterations: number): Promise<RoundReport> {
    return this.#current.round(iterations)
  }

  async finish(): Promise<FinishReport> {
    return this.#current.finish()
  }

  async end(): Promise<void> {
    const subject = this.#subject
    this.#subject = undefined
    this.#session = undefined
    await subject?.dispose()
  }

  close(): Promise<void> {
    return this.end()
  }

  get #current(): WorkloadSession {
    if (this.#session === undefined) throw new NexusError('InvalidArgument', 'no workload was begun')
    return this.#session
  }
}
