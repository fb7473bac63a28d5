import { setImmediate } from 'node:timers/promises'
import type {
  Commit,
  CommitResult,
  MetadataEntry,
  MetadataStore,
  MetadataStoreInfo,
  ReadReply,
  ReadRequest,
  Revision,
  StoreCallOptions,
} from 'nexusfs'
import {
  binaryText,
  checkCommits,
  checkReadRequest,
  isRangedGroup,
  keyText,
  limits,
  metadataPortVersion,
  nextRevision,
  revisionZero,
  toRevision,
} from 'nexusfs/adapter-kit'
import { NexusError } from 'nexusfs/errors'
import type { ConformanceSubject, HeldCommit } from '../law.ts'
import { StoreModel } from './store-model.ts'

/**
 * A subject whose commits overlap: a commit draws its revision, and becomes visible later, as in a database server. It shows that
 * the laws about running commits can be kept, and what a hook `commitHeld` is to do. It has no `watch`.
 */
export function overlappingSubject(): ConformanceSubject<MetadataStore> {
  const byNamespace = new Map<string, OverlappingData>()
  const dataOf = (namespace: string): OverlappingData => {
    const data = byNamespace.get(namespace) ?? new OverlappingData()
    byNamespace.set(namespace, data)
    return data
  }
  return {
    kind: 'metadata',
    name: 'overlapping',
    isInProcess: true,
    open: async (namespace) => new OverlappingStore(dataOf(namespace)),
    dispose: async (namespace) => void byNamespace.delete(namespace),
    hooks: { commitHeld: async (_port, namespace, commits) => dataOf(namespace).hold(commits) },
  }
}

/** What all clients see. */
class OverlappingData {
  readonly model = new StoreModel()
  #issued: Revision = revisionZero
  /** Commits that have drawn their revision and are not yet visible. */
  readonly #running = new Set<Running>()

  get horizon(): Revision {
    const oldest = Math.min(...[...this.#running].map(({ revisions }) => revisions[0] ?? Number.POSITIVE_INFINITY))
    return toRevision(Math.min(this.#issued, oldest - 1))
  }

  /** Waits for running commits that hold one of the same locks, then commits at one instant. */
  async commit(list: readonly Commit[]): Promise<readonly CommitResult[]> {
    const locks = list.flatMap(locksOf)
    for (;;) {
      const blocking = [...this.#running].find((running) => locks.some((lock) => running.locks.has(lock)))
      if (blocking === undefined) return list.map((commit) => this.#apply(commit))
      await blocking.ended
    }
  }

  /** Each commit draws its revision now, and is applied when it is released; its expectations hold until then, as it has its locks. */
  hold(list: readonly Commit[]): HeldCommit {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    const revisions = list.map(() => this.#draw())
    const running: Running = { locks: new Set(list.flatMap(locksOf)), revisions, ended }
    this.#running.add(running)
    return {
      release: async () => {
        const results = list.map((commit, index) => this.#apply(commit, revisions[index]))
        this.#running.delete(running)
        end()
        return results
      },
    }
  }

  load(entries: readonly MetadataEntry[]): void {
    this.checkEmpty()
    for (const entry of entries) {
      this.model.restore(entry)
      if (entry.revision > this.#issued) this.#issued = entry.revision
    }
  }

  /**
   * @throws {NexusError} AlreadyExists if the data holds any entry
   */
  checkEmpty(): void {
    if (this.model.size > 0) throw new NexusError('AlreadyExists', 'metadata: load fills empty stores only')
  }

  #apply(commit: Commit, drawn?: Revision): CommitResult {
    const conflict = this.model.conflictOf(commit)
    if (conflict !== undefined) return { status: 'conflict', ...conflict }
    const revision = drawn ?? this.#draw()
    this.model.apply(commit.writes, revision)
    return { status: 'committed', revision }
  }

  #draw(): Revision {
    this.#issued = nextRevision(this.#issued)
    return this.#issued
  }
}

interface Running {
  readonly locks: ReadonlySet<string>
  readonly revisions: readonly Revision[]
  readonly ended: Promise<void>
}

/** Every key that the commit names, but those that its revision makes unique, and every group in which it expects a range or writes. */
function locksOf({ expect, writes }: Commit): readonly string[] {
  const written = writes.flatMap((write) => {
    const isUnique = write.kind === 'put' && write.key.revisionAt !== undefined
    return [...(isUnique ? [] : [keyText(write.key)]), ...(isRangedGroup(write.key.group) ? [groupLock(write.key.group)] : [])]
  })
  const expected = expect.map((expectation) =>
    expectation.kind === 'range' ? groupLock(expectation.range.group) : keyText(expectation.key),
  )
  return [...written, ...expected]
}

function groupLock(group: Uint8Array): string {
  return `group ${binaryText(group)}`
}

class OverlappingStore implements MetadataStore {
  readonly info: MetadataStoreInfo = {
    name: 'overlapping',
    portVersion: metadataPortVersion,
    durability: 'none',
    isShared: false,
    location: 'memory:overlapping',
    preferredInlineBytes: 0,
    capabilities: { watch: false },
    settings: {},
  }
  readonly #data: OverlappingData
  readonly #calls = new Set<Promise<unknown>>()
  #isClosed = false

  constructor(data: OverlappingData) {
    this.#data = data
  }

  async read(request: ReadRequest, options?: StoreCallOptions): Promise<ReadReply> {
    this.#check(options)
    checkReadRequest(request)
    return { ...this.#data.model.read(request), time: Date.now() }
  }

  async commit(commits: readonly Commit[], options?: StoreCallOptions): Promise<readonly CommitResult[]> {
    this.#check(options)
    checkCommits(commits)
    return await this.#track(this.#data.commit(commits))
  }

  async horizon(options?: StoreCallOptions): Promise<Revision> {
    this.#check(options)
    return this.#data.horizon
  }

  async load(entries: AsyncIterable<MetadataEntry>, options?: StoreCallOptions): Promise<void> {
    this.#check(options)
    this.#data.checkEmpty()
    const loaded: MetadataEntry[] = []
    for await (const entry of entries) loaded.push(entry)
    if (loaded.some(({ value }) => value.length > limits.valueBytes))
      throw new NexusError('InvalidArgument', 'a value is too large')
    this.#data.load(loaded)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled(this.#calls)
    await setImmediate()
  }

  async #track<Value>(call: Promise<Value>): Promise<Value> {
    this.#calls.add(call)
    return await call.finally(() => this.#calls.delete(call))
  }

  #check(options: StoreCallOptions | undefined): void {
    const context = { outcome: 'none' }
    if (this.#isClosed) throw new NexusError('Closed', 'metadata: the store is closed', { context })
    if (options?.signal?.aborted) throw new NexusError('Aborted', 'metadata: cancelled by the caller', { context })
  }
}
