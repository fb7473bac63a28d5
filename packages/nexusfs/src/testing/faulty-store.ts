import type { MetadataStore } from '../metadata/metadata-store.ts'
import { FaultInjector, type FaultOptions } from './fault-injector.ts'
import type { FaultPlan } from './fault-plan.ts'
import { InterceptedStore } from './intercepted-store.ts'

/**
 * A metadata store whose calls go wrong as a plan says; without planned faults it changes nothing.
 *
 * @example
 * const plan = new FaultPlan(seededRandom(7))
 * const store = new FaultyStore(await MemoryStore.open(), plan)
 * plan.add({ method: 'commit', mode: { kind: 'after' }, when: { nth: 3 } })
 */
export class FaultyStore extends InterceptedStore {
  readonly #injector: FaultInjector

  constructor(inner: MetadataStore, plan: FaultPlan, options: FaultOptions = {}) {
    const injector = new FaultInjector('metadata', plan, options)
    super(inner, (call) => injector.intercept(call))
    this.#injector = injector
  }

  /** Ends once everything that is to be applied late has been. */
  settled(): Promise<void> {
    return this.#injector.settled()
  }

  override async close(): Promise<void> {
    await this.#injector.close()
    await super.close()
  }
}
