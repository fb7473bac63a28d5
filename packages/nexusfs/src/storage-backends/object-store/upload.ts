import { bodyPieces } from '../../storage/body-pieces.ts'
import type { BlobBody, PutOptions } from '../../storage/storage-backend.ts'
import type { ObjectClient, ObjectLimits, ObjectUpload } from './object-client.ts'
import type { RetriedCall, Retries } from './retries.ts'

export interface UploadParts {
  readonly client: ObjectClient
  readonly retries: Retries
  /** Work that nobody waits for; `close` does. */
  background(work: Promise<unknown>): void
}

/**
 * Stores a body under an object key: in one request up to `limits.partBytes`, else in parts, some of them under way at a time. Each part
 * is kept until it was answered, so that it can be sent again. Nothing is visible before the last request, and what a failure leaves
 * behind is removed.
 * @throws {NexusError} what the body, a request or the signal gives
 */
export async function uploadBody(
  parts: UploadParts,
  key: string,
  body: BlobBody,
  options: PutOptions,
  call: RetriedCall,
): Promise<void> {
  const pieces = bodyPieces(body, options, call.operation)
  const { size } = options
  const { limits } = parts.client
  if (size > limits.partBytes) return new PartedUpload(parts, key, call).send(pieces, size)
  let whole: Uint8Array = new Uint8Array(0)
  for await (const bytes of cutIntoParts(pieces, size, limits.partBytes)) whole = bytes
  await parts.retries.run({ ...call, bytes: size }, (request) => parts.client.put(key, whole, request))
}

/** The size of each part but the last: as small as the number of parts allows, in whole MiB. */
export function partBytesFor(size: number, limits: Pick<ObjectLimits, 'partBytes' | 'parts'>): number {
  if (size <= limits.partBytes * limits.parts) return limits.partBytes
  return Math.ceil(size / limits.parts / mebibyte) * mebibyte
}

const mebibyte = 1_048_576

/** Parts under way may take so many bytes; one is sent at any size. */
const bytesInFlight = 67_108_864

class PartedUpload {
  readonly #parts: UploadParts
  readonly #key: string
  readonly #call: RetriedCall
  #failure: { readonly error: unknown } | undefined

  constructor(parts: UploadParts, key: string, call: RetriedCall) {
    this.#parts = parts
    this.#key = key
    this.#call = call
  }

  async send(pieces: AsyncIterable<Uint8Array>, size: number): Promise<void> {
    const { client, retries, background } = this.#parts
    const cancel = new AbortController()
    const signal = this.#call.signal === undefined ? cancel.signal : AbortSignal.any([this.#call.signal, cancel.signal])
    const call = { ...this.#call, signal }
    const upload = await retries.run(this.#call, (request) => client.startUpload(this.#key, { ...request, size }))
    try {
      await this.#sendParts(upload, call, cutIntoParts(pieces, size, partBytesFor(size, client.limits)))
      await this.#complete(upload)
    } catch (error) {
      cancel.abort()
      // Without the signal of the caller, who may have cancelled.
      background(retries.run({ ...this.#call, signal: undefined }, (request) => upload.abort(request)))
      throw error
    }
  }

  async #complete({ complete }: ObjectUpload): Promise<void> {
    if (complete !== undefined) await this.#parts.retries.run(this.#call, (request) => complete(request))
  }

  async #sendParts(upload: ObjectUpload, call: RetriedCall, parts: AsyncIterable<Uint8Array>): Promise<void> {
    const { client, retries } = this.#parts
    const underWay = new Set<Promise<void>>()
    let number = 0
    for await (const bytes of parts) {
      number += 1
      const part = number
      const sending = retries
        .run({ ...call, bytes: bytes.length }, (request) => upload.part(part, bytes, request))
        .catch((error: unknown) => {
          this.#failure ??= { error }
        })
        .then(() => {
          underWay.delete(sending)
        })
      underWay.add(sending)
      const most = Math.max(1, Math.min(client.limits.partsInFlight, Math.floor(bytesInFlight / bytes.length)))
      while (underWay.size >= most) await Promise.race(underWay)
      this.#throwFailure()
    }
    await Promise.all(underWay)
    this.#throwFailure()
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}

/** The body in pieces of `partBytes` each, but the last: parts of one array where it came as one, else collected. None for an empty body. */
async function* cutIntoParts(pieces: AsyncIterable<Uint8Array>, size: number, partBytes: number): AsyncGenerator<Uint8Array> {
  let left = size
  let part = new Uint8Array(0)
  let filled = 0
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const wanted = Math.min(partBytes, left)
      if (filled === 0 && piece.length - at >= wanted) {
        yield piece.subarray(at, at + wanted)
        at += wanted
        left -= wanted
        continue
      }
      if (filled === 0) part = new Uint8Array(wanted)
      const taken = piece.subarray(at, at + part.length - filled)
      part.set(taken, filled)
      filled += taken.length
      at += taken.length
      if (filled < part.length) continue
      yield part
      left -= part.length
      filled = 0
    }
  }
}
