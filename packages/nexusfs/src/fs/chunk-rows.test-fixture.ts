import { toHex, utf8 } from '../core/bytes.ts'
import type { CommitResult, MetadataStore } from '../metadata/metadata-store.ts'
import { InterceptedStore } from '../testing/intercepted-store.ts'

/** The pages of lists of chunks, and their holds on chunks, that the commits of a client leave. */
export class ChunkRows extends InterceptedStore {
  readonly #rows = new Set<string>()

  constructor(inner: MetadataStore) {
    super(inner, (call) => call.run())
  }

  override async commit(...[commits, options]: Parameters<MetadataStore['commit']>): Promise<readonly CommitResult[]> {
    const results = await super.commit(commits, options)
    for (const [index, { writes }] of commits.entries()) {
      if (results[index]?.status !== 'committed') continue
      for (const { kind, key } of writes) {
        const [group, item] = [toHex(key.group), toHex(key.item)]
        // A manifest in the group of a page, or as the item of a hold.
        if (!group.startsWith(toHex(utf8('k/'))) && item.length !== 64) continue
        if (kind === 'put') this.#rows.add(group + item)
        else this.#rows.delete(group + item)
      }
    }
    return results
  }

  get count(): number {
    return this.#rows.size
  }
}
