import type { GetOptions, StorageBackend } from '../storage/storage-backend.ts'
import { CallMeter } from './call-meter.ts'
import { InterceptedBackend } from './intercepted-backend.ts'

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
