import type { BlobBody, CallOptions, GetOptions, PutOptions, StorageBackend } from '../storage/storage-backend.ts'
import { FaultInjector, type FaultOptions } from './fault-injector.ts'
import type { FaultMode, FaultPlan } from './fault-plan.ts'
import { InterceptedBackend } from './intercepted-backend.ts'
import { spoilBytes, spoilPieces } from './spoiled-data.ts'

/** A storage backend whose calls go wrong, or whose data is wrong, as a plan says; without planned faults it changes nothing. */
export class FaultyBackend extends InterceptedBackend {
  readonly #injector: FaultInjector
  readonly #plan: FaultPlan

  constructor(inner: StorageBackend, plan: FaultPlan, options: FaultOptions = {}) {
    const injector = new FaultInjector('storage', plan, options)
    // Where a fault touches the body or the data, the method below sees to it.
    const isSeenTo = (method: string): boolean => method === 'put' || method === 'get' || method === 'stream'
    super(inner, (call) => (isSeenTo(call.method) ? call.run() : injector.intercept(call)))
    this.#injector = injector
    this.#plan = plan
  }

  override async put(key: string, body: BlobBody, options: PutOptions): Promise<void> {
    const mode = this.#plan.next('put')
    // Once the caller was told, he may change or drop the body.
    const kept = mode?.kind === 'late' ? await copyOf(body) : body
    await this.#spoil('put', mode, options, (given) => super.put(key, kept, given))
  }

  override async get(key: string, options: GetOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const mode = this.#plan.next('get')
    const bytes = await this.#spoil('get', mode, options, (given) => super.get(key, given))
    return mode === undefined ? bytes : spoilBytes(bytes, mode)
  }

  override async *stream(key: string, options: GetOptions = {}): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    const mode = this.#plan.next('stream')
    await this.#spoil('stream', mode, options, async () => {})
    const pieces = super.stream(key, options)
    yield* mode === undefined ? pieces : spoilPieces(pieces, mode)
  }

  /** Ends once everything that is to be applied late has been. */
  settled(): Promise<void> {
    return this.#injector.settled()
  }

  override async close(): Promise<void> {
    await this.#injector.close()
    await super.close()
  }

  async #spoil<Options extends CallOptions, Result>(
    method: string,
    mode: FaultMode | undefined,
    options: Options,
    run: (options: Options) => Promise<Result>,
  ): Promise<Result> {
    if (mode === undefined) return run(options)
    const call = {
      method,
      signal: options.signal,
      bytesSent: () => 0,
      bytesReceived: () => 0,
      run: () => run(options),
      runDetached: () => run({ ...options, signal: undefined }),
    }
    return this.#injector.spoil(call, mode)
  }
}

async function copyOf(body: BlobBody): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body.slice()
  const pieces: Uint8Array[] = []
  for await (const piece of body) pieces.push(piece)
  return Buffer.concat(pieces)
}
