import type { MetadataStore } from '../metadata/metadata-store.ts'
import type { BlobBody, CallOptions, GetOptions, PutOptions, StorageBackend } from '../storage/storage-backend.ts'
import { FaultInjector, type FaultOptions } from './fault-injector.ts'
import type { FaultMode, FaultPlan } from './fault-plan.ts'
import { InterceptedBackend } from './intercepted-backend.ts'
import { InterceptedStore } from './intercepted-store.ts'

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
    // Once the caller was told, it may change or drop the body.
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

/** Bytes as a broken medium would give them; any other mode leaves them as they are. */
function spoilBytes(bytes: Uint8Array<ArrayBuffer>, mode: FaultMode): Uint8Array<ArrayBuffer> {
  if (mode.kind === 'short') return bytes.slice(0, Math.max(0, bytes.length - 1))
  if (mode.kind !== 'flip' || bytes.length === 0) return bytes
  const spoiled = bytes.slice()
  const at = Math.min(mode.offset ?? 0, bytes.length - 1)
  spoiled[at] = (spoiled[at] ?? 0) ^ 1
  return spoiled
}

/** The same for bytes that come in pieces; `offset` beyond them flips nothing. */
async function* spoilPieces(
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
  mode: FaultMode,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  let offset = mode.kind === 'flip' ? (mode.offset ?? 0) : -1
  let held: Uint8Array<ArrayBuffer> | undefined
  for await (const piece of pieces) {
    const isHere = offset >= 0 && offset < piece.length
    const next = isHere ? spoilBytes(piece, { kind: 'flip', offset }) : piece
    offset -= piece.length
    if (held !== undefined) yield held
    held = next
  }
  if (held !== undefined) yield spoilBytes(held, mode.kind === 'short' ? mode : { kind: 'after' })
}
