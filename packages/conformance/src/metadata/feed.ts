import type { MetadataStore, Revision } from 'nexusfs'
import { readUint64, revisionZero, uint64 } from 'nexusfs/adapter-kit'
import { expectEqual } from '../expect.ts'
import { pageOf, scan } from './fixtures.ts'

/** A reader of the log in the group `l`, whose items are REV slots: it never looks past a horizon and never back. */
export class Feed {
  readonly #port: MetadataStore
  readonly #delivered: number[] = []
  #position: Revision = revisionZero

  constructor(port: MetadataStore) {
    this.#port = port
  }

  get delivered(): readonly number[] {
    return this.#delivered
  }

  /** Delivers what lies behind the position, up to the horizon of now. */
  async advance(): Promise<void> {
    const horizon = await this.#port.horizon()
    const bounds = { from: uint64(this.#position + 1), to: uint64(horizon + 1) }
    const page = await pageOf(this.#port, scan('l', bounds))
    for (const entry of page.entries) this.#delivered.push(readUint64(entry.key.item))
    this.#position = horizon
  }

  expectDelivered(committed: readonly Revision[]): void {
    expectEqual(
      this.#delivered,
      committed.toSorted((a, b) => a - b),
      'each commit is delivered once, in order',
    )
  }
}
