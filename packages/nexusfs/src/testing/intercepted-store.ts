import type { Revision } from '../core/revision.ts'
import { InFlightCalls } from '../engine-kit/in-flight-calls.ts'
import type {
  Commit,
  CommitResult,
  Expectation,
  Key,
  MetadataEntry,
  MetadataStore,
  MetadataStoreInfo,
  ReadReply,
  ReadRequest,
  StoreCallOptions,
  Write,
} from '../metadata/metadata-store.ts'
import type { Interceptor } from './port-call.ts'

/** A metadata store over another: every call passes through an interceptor. */
export class InterceptedStore implements MetadataStore {
  readonly watch?: NonNullable<MetadataStore['watch']>
  readonly backup?: NonNullable<MetadataStore['backup']>
  protected readonly inner: MetadataStore
  readonly #intercept: Interceptor
  readonly #calls = new InFlightCalls()

  constructor(inner: MetadataStore, intercept: Interceptor) {
    this.inner = inner
    this.#intercept = intercept
    const { watch, backup } = inner
    if (watch !== undefined) {
      this.watch = (listener, options) =>
        this.#call({ method: 'watch', options, run: (given) => watch.call(inner, listener, given) })
    }
    if (backup !== undefined) {
      this.backup = (file, options) => this.#call({ method: 'backup', options, run: (given) => backup.call(inner, file, given) })
    }
  }

  get info(): MetadataStoreInfo {
    return this.inner.info
  }

  read(request: ReadRequest, options?: StoreCallOptions): Promise<ReadReply> {
    return this.#call({
      method: 'read',
      options,
      sent: () => requestBytes(request),
      received: replyBytes,
      run: (given) => this.inner.read(request, given),
    })
  }

  commit(commits: readonly Commit[], options?: StoreCallOptions): Promise<readonly CommitResult[]> {
    const sent = (): number => commitBytes(commits)
    return this.#call({ method: 'commit', options, sent, run: (given) => this.inner.commit(commits, given) })
  }

  horizon(options?: StoreCallOptions): Promise<Revision> {
    return this.#call({ method: 'horizon', options, run: (given) => this.inner.horizon(given) })
  }

  load(entries: AsyncIterable<MetadataEntry>, options?: StoreCallOptions): Promise<void> {
    return this.#call({ method: 'load', options, run: (given) => this.inner.load(entries, given) })
  }

  /** Calls that an interceptor still holds back count as under way. */
  async close(): Promise<void> {
    await this.#calls.close()
    await this.inner.close()
  }

  async #call<Result>({ method, options, sent, received, run }: StoreCall<Result>): Promise<Result> {
    const call = {
      method,
      signal: options?.signal,
      bytesSent: () => sent?.() ?? 0,
      bytesReceived: (result: Result) => received?.(result) ?? 0,
      run: () => run(options),
      runDetached: () => run({ ...options, signal: undefined }),
    }
    return this.#calls.track(`metadata.${method}`, () => this.#intercept(call))
  }
}

interface StoreCall<Result> {
  readonly method: string
  readonly options: StoreCallOptions | undefined
  readonly sent?: () => number
  readonly received?: (result: Result) => number
  readonly run: (options: StoreCallOptions | undefined) => Promise<Result>
}

function requestBytes({ get = [], scan = [] }: ReadRequest): number {
  const bounds = scan.map(({ group, from, to }) => group.length + (from?.length ?? 0) + (to?.length ?? 0))
  return total(get.map(keyBytes)) + total(bounds)
}

function replyBytes({ get, scan }: ReadReply): number {
  const listed = scan.flatMap((page) => page.entries)
  return total([...get, ...listed].map((entry) => (entry === undefined ? 0 : keyBytes(entry.key) + entry.value.length)))
}

function commitBytes(commits: readonly Commit[]): number {
  return total(commits.map(({ expect, writes }) => total(expect.map(expectationBytes)) + total(writes.map(writeBytes))))
}

function expectationBytes(expectation: Expectation): number {
  if (expectation.kind !== 'range') return keyBytes(expectation.key)
  const { group, from, to } = expectation.range
  return group.length + (from?.length ?? 0) + (to?.length ?? 0)
}

function writeBytes(write: Write): number {
  return keyBytes(write.key) + (write.kind === 'put' ? write.value.length : 0)
}

function keyBytes({ group, item }: Key): number {
  return group.length + item.length
}

function total(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0)
}
