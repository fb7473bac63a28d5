import type { MetadataStore } from '../metadata/metadata-store.ts'
import { CallMeter } from './call-meter.ts'
import { InterceptedStore } from './intercepted-store.ts'

/** Counts and times the calls of another store, and changes nothing else. */
export class MeteredStore extends InterceptedStore {
  readonly meter: CallMeter

  constructor(inner: MetadataStore, meter: CallMeter = new CallMeter()) {
    super(inner, (call) => meter.measure(call))
    this.meter = meter
  }
}
