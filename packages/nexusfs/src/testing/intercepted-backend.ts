import { InFlightCalls } from '../engine-kit/in-flight-calls.ts'
import type {
  BlobBody,
  BlobPage,
  BlobStat,
  CallOptions,
  GetOptions,
  ListOptions,
  PutOptions,
  StagedBlob,
  StorageBackend,
  StorageBackendInfo,
} from '../storage/storage-backend.ts'
import type { Interceptor } from './port-call.ts'

/** A storage backend over another: every call passes through an interceptor; of a stream, the call that gives its first piece. */
export class InterceptedBackend implements StorageBackend {
  readonly stage?: NonNullable<StorageBackend['stage']>
  protected readonly inner: StorageBackend
  readonly #intercept: Interceptor
  readonly #calls = new InFlightCalls()

  constructor(inner: StorageBackend, intercept: Interceptor) {
    this.inner = inner
    this.#intercept = intercept
    const { stage } = inner
    if (stage !== undefined) this.stage = (body, options) => this.#stage((given) => stage.call(inner, body, given), options)
  }

  get info(): StorageBackendInfo {
    return this.inner.info
  }

  put(key: string, body: BlobBody, options: PutOptions): Promise<void> {
    return this.#call({ method: 'put', options, sent: options.size, run: (given) => this.inner.put(key, body, given) })
  }

  get(key: string, options: GetOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const received = (bytes: Uint8Array): number => bytes.length
    return this.#call({ method: 'get', options, received, run: (given) => this.inner.get(key, given) })
  }

  async *stream(key: string, options: GetOptions = {}): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    const pieces = this.inner.stream(key, options)[Symbol.asyncIterator]()
    const received = ({ done, value }: IteratorResult<Uint8Array>): number => (done ? 0 : value.length)
    try {
      const first = await this.#call({ method: 'stream', options, received, run: () => pieces.next() })
      for (let piece = first; !piece.done; piece = await pieces.next()) yield piece.value
    } finally {
      await pieces.return?.()
    }
  }

  stat(keys: readonly string[], options: CallOptions = {}): Promise<readonly (BlobStat | undefined)[]> {
    return this.#call({ method: 'stat', options, run: (given) => this.inner.stat(keys, given) })
  }

  delete(keys: readonly string[], options: CallOptions = {}): Promise<void> {
    return this.#call({ method: 'delete', options, run: (given) => this.inner.delete(keys, given) })
  }

  list(options: ListOptions = {}): Promise<BlobPage> {
    return this.#call({ method: 'list', options, run: (given) => this.inner.list(given) })
  }

  /** Calls that an interceptor still holds back count as under way. */
  async close(): Promise<void> {
    await this.#calls.close()
    await this.inner.close()
  }

  async #stage(run: (options: PutOptions) => Promise<StagedBlob>, options: PutOptions): Promise<StagedBlob> {
    const staged = await this.#call({ method: 'stage', options, sent: options.size, run })
    return {
      publish: (key, publishOptions = {}) =>
        this.#call({ method: 'publish', options: publishOptions, run: (given) => staged.publish(key, given) }),
      discard: () => this.#call({ method: 'discard', options: {}, run: () => staged.discard() }),
    }
  }

  async #call<Options extends CallOptions, Result>(given: BackendCall<Options, Result>): Promise<Result> {
    const { method, options, sent, received, run } = given
    const call = {
      method,
      signal: options.signal,
      bytesSent: () => sent ?? 0,
      bytesReceived: (result: Result) => received?.(result) ?? 0,
      run: () => run(options),
      runDetached: () => run({ ...options, signal: undefined }),
    }
    return this.#calls.track(`storage.${method}`, () => this.#intercept(call))
  }
}

interface BackendCall<Options, Result> {
  readonly method: string
  readonly options: Options
  readonly sent?: number
  readonly received?: (result: Result) => number
  readonly run: (options: Options) => Promise<Result>
}
