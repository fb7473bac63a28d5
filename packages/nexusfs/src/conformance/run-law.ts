import { randomBytes } from 'node:crypto'
import { toHex } from '../core/bytes.ts'
import { isNexusError } from '../core/errors.ts'
import { LawBroken } from './expect.ts'
import type { ConformancePort, ConformanceSubject, Law, LawContext, LawResult } from './law.ts'
import { type Replay, replayByCall, reproduction } from './reproduction.ts'
import { seededRandom } from './seeded-random.ts'

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
  if (outcome.kind === 'skipped') return { id, title, status: 'skipped', reason: outcome.reason }
  const text = reproduction(law, subject.name, options.seed, outcome.error, options.replay ?? replayByCall)
  return { id, title, status: 'failed', milliseconds, error: outcome.error, reproduction: text }
}

type Outcome =
  | { readonly kind: 'kept' }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'broken'; readonly error: unknown }

async function checkInNamespace<Port extends ConformancePort>(
  subject: ConformanceSubject<Port>,
  law: Law<Port>,
  options: LawRunOptions,
): Promise<Outcome> {
  const { deadlineMs = defaultDeadlineMs } = options
  const namespace = freshNamespace(law.id)
  const opened: Port[] = []
  let isOver = false
  const open = async (): Promise<Port> => {
    const port = await subject.open(namespace)
    opened.push(port)
    if (isOver) await closeQuietly(port)
    return port
  }
  const outcome = await outcomeOf(() => checkOpened(subject, law, namespace, open, options))
  isOver = true
  const cleanup = await outcomeOf(async () => {
    await within(deadlineMs, 'closing the clients', () => Promise.all(opened.map(closeQuietly)))
    await within(deadlineMs, 'disposing of the namespace', async () => subject.dispose?.(namespace))
    return { kind: 'kept' }
  })
  return outcome.kind === 'broken' ? outcome : cleanup.kind === 'broken' ? cleanup : outcome
}

async function checkOpened<Port extends ConformancePort>(
  subject: ConformanceSubject<Port>,
  law: Law<Port>,
  namespace: string,
  open: () => Promise<Port>,
  { seed, signal, deadlineMs = defaultDeadlineMs }: LawRunOptions,
): Promise<Outcome> {
  const port = await within(deadlineMs, 'opening the namespace', open, signal)
  if (law.requires !== undefined && !law.requires.isMet(subject, port.info)) {
    return { kind: 'skipped', reason: `requires ${law.requires.description}` }
  }
  const end = new AbortController()
  const random = seededRandom(seed, law.id)
  const context: LawContext<Port> = { subject, port, namespace, openAnother: open, random, seed, signal: end.signal }
  try {
    await within(law.deadlineMs ?? deadlineMs, 'the law', () => law.check(context), signal)
    return { kind: 'kept' }
  } finally {
    end.abort()
  }
}

/** A law may have closed the client before; whether a second close is allowed is for the laws of close alone to say. */
async function closeQuietly(port: ConformancePort): Promise<void> {
  try {
    await port.close()
  } catch (error) {
    if (!isNexusError(error, 'Closed')) throw error
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
