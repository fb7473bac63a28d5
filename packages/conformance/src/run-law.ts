import { randomBytes } from 'node:crypto'
import { toHex } from 'nexusfs/adapter-kit'
import { seededRandom } from 'nexusfs/testing'
import { closeQuietly } from './close-quietly.ts'
import { LawBroken } from './expect.ts'
import type { ConformancePort, ConformanceSubject, Law, LawContext, LawResult } from './law.ts'
import { openPort } from './open-port.ts'
import { type OtherNamespace, openInOtherProcess } from './other-process/shared-processes.ts'
import { type Replay, replayByCall, reproduction } from './reproduction.ts'

export interface LawRunOptions {
  readonly seed: number
  /** Cancels the law; it then counts as failed. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for a law that names none, and for opening, closing and disposing, each; 30,000 if absent. */
  readonly deadlineMs?: number | undefined
  /** How a failure says it can be seen again. */
  readonly replay?: Replay | undefined
}

const defaultDeadlineMs = 30_000

/** Checks one law on a namespace of its own, which is closed and disposed of whatever happens. Never rejects. */
export async function runLaw<Port extends ConformancePort>(
  subject: ConformanceSubject<Port>,
  law: Law<Port>,
  options: LawRunOptions,
): Promise<LawResult> {
  const { id, title } = law
  const began = performance.now()
  const outcome = await checkInNamespace(subject, law, options)
  const milliseconds = performance.now() - began
  if (outcome.kind === 'kept') return { id, title, status: 'passed', milliseconds }
  if (outcome.kind !== 'broken') return { id, title, status: outcome.kind, reason: outcome.reason }
  const text = reproduction(law, subject.name, options.seed, outcome, options.replay ?? replayByCall)
  return { id, title, status: 'failed', milliseconds, error: outcome.error, reproduction: text }
}

type Outcome =
  | { readonly kind: 'kept' }
  | { readonly kind: 'skipped' | 'unchecked'; readonly reason: string }
  /** `afterwards`: what went wrong when all was closed. */
  | { readonly kind: 'broken'; readonly error: unknown; readonly afterwards?: unknown }

async function checkInNamespace<Port extends ConformancePort>(
  subject: ConformanceSubject<Port>,
  law: Law<Port>,
  options: LawRunOptions,
): Promise<Outcome> {
  const { deadlineMs = defaultDeadlineMs } = options
  const clients = new LawClients(subject, freshNamespace(law.id))
  const outcome = await outcomeOf(() => checkOpened(subject, law, clients, options))
  const cleanup = await outcomeOf(async () => {
    if (outcome.kind === 'broken') clients.endOther()
    await within(deadlineMs, 'closing the clients', () => clients.close())
    await within(deadlineMs, 'disposing of the namespace', async () => subject.dispose?.(clients.namespace))
    return { kind: 'kept' }
  })
  if (cleanup.kind !== 'broken') return outcome
  return outcome.kind === 'broken' ? { ...outcome, afterwards: cleanup.error } : cleanup
}

/** What a law opened, here and in the other process. */
class LawClients<Port extends ConformancePort> {
  readonly namespace: string
  readonly #subject: ConformanceSubject<Port>
  readonly #opened: Port[] = []
  readonly #other: OtherNamespace[] = []
  #isOver = false

  constructor(subject: ConformanceSubject<Port>, namespace: string) {
    this.#subject = subject
    this.namespace = namespace
  }

  readonly open = async (): Promise<Port> => {
    const port = await openPort(this.#subject, this.namespace)
    this.#opened.push(port)
    if (this.#isOver) await closeQuietly(port)
    return port
  }

  readonly openInOther = async (): Promise<OtherNamespace> => {
    const other = await openInOtherProcess(this.#subject, this.namespace)
    this.#other.push(other)
    return other
  }

  /** A law that is broken may have left something there that never ends. */
  endOther(): void {
    for (const other of this.#other) other.end()
  }

  async close(): Promise<void> {
    this.#isOver = true
    await Promise.all([...this.#opened.map(closeQuietly), ...this.#other.map((other) => other.close())])
  }
}

async function checkOpened<Port extends ConformancePort>(
  subject: ConformanceSubject<Port>,
  law: Law<Port>,
  { namespace, open, openInOther }: LawClients<Port>,
  { seed, signal, deadlineMs = defaultDeadlineMs }: LawRunOptions,
): Promise<Outcome> {
  const port = await within(deadlineMs, 'opening the namespace', open, signal)
  if (law.requires !== undefined && !law.requires.isMet(subject, port.info, port)) {
    return { kind: 'skipped', reason: `requires ${law.requires.description}` }
  }
  const obstacle = law.requires?.obstacle?.(subject, port.info)
  if (obstacle !== undefined) return { kind: 'unchecked', reason: obstacle }
  const end = new AbortController()
  const random = seededRandom(seed, law.id)
  const opening = { openAnother: open, openInOtherProcess: openInOther }
  const context: LawContext<Port> = { subject, port, namespace, ...opening, random, seed, signal: end.signal }
  try {
    await within(law.deadlineMs ?? deadlineMs, 'the law', () => law.check(context), signal)
    return { kind: 'kept' }
  } finally {
    end.abort()
  }
}

async function outcomeOf(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work()
  } catch (error) {
    return { kind: 'broken', error }
  }
}

/** At most 40 characters of `a-z 0-9 -`, never used before: laws share a server without seeing one another. */
function freshNamespace(lawId: string): string {
  return `${lawId.slice(0, 23)}-${toHex(randomBytes(8))}`
}

/** The work's result; rejects when the time is up, or the run is cancelled, with the work perhaps still under way. */
async function within<Value>(ms: number, what: string, work: () => Promise<Value>, signal?: AbortSignal): Promise<Value> {
  const { promise: end, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new LawBroken(`${what} had not ended after ${ms} ms`)), ms)
  const cancel = (): void => reject(new LawBroken(`${what} was cancelled by the caller`))
  if (signal?.aborted) cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    return await Promise.race([end, work()])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', cancel)
  }
}
