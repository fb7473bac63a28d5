import { NexusError } from '../../core/errors.ts'
import { GroupQueue } from '../../engine-kit/group-queue.ts'

/** A commit or a read as it travels. */
export interface PackedRequest {
  readonly packed: Buffer
  /** Arguments of their own: long bytes, so that they are copied less. */
  readonly long: readonly Buffer[]
  /** Of all of them. */
  readonly bytes: number
  /** Keys that the server looks at or writes, roughly. */
  readonly weight: number
}

/** How much goes into one script: large enough to share its cost, small enough not to hold up the server's other clients. */
const limits = { count: 128, bytes: 1_048_576, weight: 2_000 } as const

/** Scripts under way at a time: while the server runs one, the next is on its way; more would only make smaller groups. */
const scriptsUnderWay = 2

/**
 * So many callers that come at once are served in two scripts: while the server runs the one, the callers of the other go on. Fewer
 * gain less by that than a second script, and its fsync, costs.
 */
const splitCallers = 8

export interface RequestQueuePlan<Result> {
  readonly operation: string
  /** A caller who has waited for so long, in ms, while the server answered nobody, is given up. */
  readonly patienceMs: number
  /** Sends a group: takes the packed requests when it is about to, and not before. One result for each, in order. */
  send(take: () => readonly PackedRequest[]): Promise<readonly Result[]>
  failed?(error: NexusError): Result
}

/** Gathers the requests of concurrent callers, so that one script serves many. */
export function requestQueue<Result>({
  operation,
  patienceMs,
  send,
  failed,
}: RequestQueuePlan<Result>): GroupQueue<PackedRequest, Result> {
  return new GroupQueue({
    operation,
    lanes: scriptsUnderWay,
    splitFrom: splitCallers,
    room,
    send: async (group) => ({ kind: 'done', results: await send(() => group.take()) }),
    // Once the callers of this turn of the event loop have all come.
    schedule: (flush) => void setImmediate(flush),
    patience: { ms: patienceMs, unserved },
    ...(failed === undefined ? {} : { failed }),
  })
}

function room(): (request: PackedRequest) => boolean {
  let count = 0
  let bytes = 0
  let weight = 0
  return (request) => {
    count += 1
    bytes += request.bytes
    weight += request.weight
    return count <= limits.count && bytes <= limits.bytes && weight <= limits.weight
  }
}

/** Not the server's fault alone: the caller was behind others of this process. */
function unserved(waitedMs: number): NexusError {
  const waited = `${Math.round(waitedMs)} ms behind other calls of this process, and Redis answered none of them`
  return new NexusError('Timeout', `redis: not sent: waited ${waited}`, {
    advice: 'is it overloaded or cut off?',
    outcome: 'none',
  })
}
