import { type Commit, type CommitResult, isNexusError, type MetadataStore, type StoreCallOptions } from 'nexusfs'
import { InterceptedStore } from 'nexusfs/testing'

/** How often a fault hit commits at which moment of their way. */
export interface Moments {
  /** They had not been sent yet: refused, or not begun. */
  before: number
  /** They were under way. */
  during: number
  /** They had been acknowledged less than `justNowMs` before. */
  after: number
}

/** Milliseconds. */
const justNowMs = 20

/**
 * A store that knows which commits are under way, so that a test can say what a fault has hit; and whose replies were lost, so that it
 * can say what became of those.
 */
export class CommitWatch extends InterceptedStore {
  readonly moments: Moments = { before: 0, during: 0, after: 0 }
  /** Ids of commits whose reply was lost. */
  readonly ambiguous = new Set<string>()
  readonly #onCommit: () => void
  #underWay = 0
  #isDown = false
  #acknowledgedAt: number[] = []

  /** @param onCommit called just before each commit is passed on */
  constructor(inner: MetadataStore, onCommit: () => void = () => undefined) {
    super(inner, (call) => call.run())
    this.#onCommit = onCommit
  }

  /** The fault happens now; until `faultEnds`, commits that begin are hit before they are sent. */
  faultBegins(): void {
    const now = performance.now()
    this.#isDown = true
    this.moments.during += this.#underWay
    this.moments.after += this.#acknowledgedAt.filter((at) => now - at < justNowMs).length
  }

  faultEnds(): void {
    this.#isDown = false
  }

  override async commit(commits: readonly Commit[], options?: StoreCallOptions): Promise<readonly CommitResult[]> {
    if (this.#isDown) this.moments.before += 1
    this.#onCommit()
    this.#underWay += 1
    try {
      const results = await super.commit(commits, options)
      this.#acknowledgedAt = [...this.#acknowledgedAt.slice(-20), performance.now()]
      return results
    } catch (error) {
      if (!isNexusError(error) || error.outcome !== 'none') for (const id of idsOf(commits)) this.ambiguous.add(id)
      throw error
    } finally {
      this.#underWay -= 1
    }
  }

  /** Which of the ambiguous commits are in the log. */
  async fates(): Promise<{ readonly applied: number; readonly notApplied: number }> {
    const logged = await loggedIds(this.inner)
    const applied = [...this.ambiguous].filter((id) => logged.has(id)).length
    return { applied, notApplied: this.ambiguous.size - applied }
  }
}

/** Each commit of the file system expects `o/<id>` to be absent, with an id of its own. The barrier of a lost reply writes there. */
function idsOf(commits: readonly Commit[]): string[] {
  return commits.flatMap(({ expect, writes }) =>
    writes.some(({ key }) => isOperation(key.group))
      ? []
      : expect.flatMap((each) =>
          each.kind === 'absent' && isOperation(each.key.group) ? [Buffer.from(each.key.item).toString('hex')] : [],
        ),
  )
}

function isOperation(group: Uint8Array): boolean {
  return group.length === 1 && group[0] === 0x6f
}

async function loggedIds(store: MetadataStore): Promise<ReadonlySet<string>> {
  const ids = new Set<string>()
  for (let from: Uint8Array | undefined; ; ) {
    const { scan } = await store.read({ scan: [{ group: Buffer.from('l'), from, limit: 1000 }] })
    for (const { value } of scan[0]?.entries ?? []) ids.add(String(JSON.parse(Buffer.from(value).toString()).i))
    const last = scan[0]?.entries.at(-1)
    if (last === undefined || !scan[0]?.hasMore) return ids
    from = Buffer.concat([last.key.item, Uint8Array.of(0)])
  }
}
