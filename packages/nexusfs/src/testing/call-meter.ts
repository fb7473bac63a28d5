import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import type { GetOptions, StorageBackend } from '../storage/storage-backend.ts'
import { InterceptedBackend } from './intercepted-backend.ts'
import { InterceptedStore } from './intercepted-store.ts'
import type { PortCall } from './port-call.ts'

/** What a meter has counted since it was made or reset. */
export interface MeterReport {
  /** Calls of all methods. */
  readonly calls: number
  /** Times that one had to wait: calls that overlap in time count once together. */
  readonly roundTrips: number
  readonly bytesSent: number
  readonly bytesReceived: number
  /** By name of the method; only those that were called. */
  readonly methods: Readonly<Record<string, MethodReport>>
}

export interface MethodReport {
  readonly calls: number
  /** Those of the calls that rejected. */
  readonly failures: number
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Of the calls that have ended, in milliseconds. */
  readonly latency: LatencyReport
}

export interface LatencyReport {
  readonly mean: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

interface MethodCount {
  calls: number
  failures: number
  bytesSent: number
  bytesReceived: number
  readonly nanoseconds: RecordableHistogram
}

/** Counts calls, round trips and bytes, and times them. One meter may serve several layers; it then counts for them together. */
export class CallMeter {
  readonly #monotonic: () => number
  #methods = new Map<string, MethodCount>()
  #roundTrips = 0
  #underWay = 0

  /** `monotonic` gives milliseconds from any origin. */
  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic
  }

  /** Makes the call and counts it, also if it fails. */
  async measure<Result>(call: PortCall<Result>): Promise<Result> {
    const count = this.#begin(call)
    const began = this.#monotonic()
    try {
      const result = await call.run()
      count.bytesReceived += call.bytesReceived(result)
      return result
    } catch (error) {
      count.failures += 1
      throw error
    } finally {
      this.#underWay -= 1
      count.nanoseconds.record(Math.max(1, Math.round((this.#monotonic() - began) * 1e6)))
    }
  }

  /** Counts bytes that come after the result of a call: the later pieces of a stream. */
  received(method: string, bytes: number): void {
    this.#count(method).bytesReceived += bytes
  }

  report(): MeterReport {
    const counts = [...this.#methods.values()]
    return {
      calls: sum(counts, 'calls'),
      roundTrips: this.#roundTrips,
      bytesSent: sum(counts, 'bytesSent'),
      bytesReceived: sum(counts, 'bytesReceived'),
      methods: Object.fromEntries([...this.#methods].map(([method, count]) => [method, toMethodReport(count)])),
    }
  }

  /** Begins anew; calls under way are forgotten. */
  reset(): void {
    this.#methods = new Map()
    this.#roundTrips = 0
  }

  #begin<Result>(call: PortCall<Result>): MethodCount {
    const count = this.#count(call.method)
    count.calls += 1
    count.bytesSent += call.bytesSent()
    if (this.#underWay === 0) this.#roundTrips += 1
    this.#underWay += 1
    return count
  }

  #count(method: string): MethodCount {
    const known = this.#methods.get(method)
    if (known !== undefined) return known
    const fresh = { calls: 0, failures: 0, bytesSent: 0, bytesReceived: 0, nanoseconds: createHistogram() }
    this.#methods.set(method, fresh)
    return fresh
  }
}

function sum(counts: readonly MethodCount[], member: 'calls' | 'bytesSent' | 'bytesReceived'): number {
  return counts.reduce((total, count) => total + count[member], 0)
}

function toMethodReport({ calls, failures, bytesSent, bytesReceived, nanoseconds }: MethodCount): MethodReport {
  const ms = (value: number): number => (nanoseconds.count === 0 ? 0 : value / 1e6)
  const latency = {
    mean: ms(nanoseconds.mean),
    p50: ms(nanoseconds.percentile(50)),
    p99: ms(nanoseconds.percentile(99)),
    max: ms(nanoseconds.max),
  }
  return { calls, failures, bytesSent, bytesReceived, latency }
}

/** Counts and times the calls of another backend, and changes nothing else. The latency of a stream is that of its first piece. */
export class MeteredBackend extends InterceptedBackend {
  readonly meter: CallMeter

  constructor(inner: StorageBackend, meter: CallMeter = new CallMeter()) {
    super(inner, (call) => meter.measure(call))
    this.meter = meter
  }

  override async *stream(key: string, options?: GetOptions): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    let isFirst = true
    for await (const piece of super.stream(key, options)) {
      if (!isFirst) this.meter.received('stream', piece.length)
      isFirst = false
      yield piece
    }
  }
}

/** Counts and times the calls of another store, and changes nothing else. */
export class MeteredStore extends InterceptedStore {
  readonly meter: CallMeter

  constructor(inner: MetadataStore, meter: CallMeter = new CallMeter()) {
    super(inner, (call) => meter.measure(call))
    this.meter = meter
  }
}
