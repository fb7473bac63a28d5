import { isNexusError, NexusError, throwIfAborted } from '../core/errors.ts'
import { wrongSize } from './check-call.ts'
import type { BlobBody, PutOptions } from './storage-backend.ts'

/**
 * The pieces of a body, none of them empty, exactly `options.size` bytes in all: what an adapter stores as it comes. The piece that
 * makes it whole comes only once the body has ended: an engine that stores a blob with its last byte gets that byte of no body that is
 * too long. Leaving the loop early, and every error, tells the body that no more is wanted.
 *
 * @throws {NexusError} InvalidArgument as soon as the body is too long, at its end if it is too short, and with the body's own error
 * as cause if it breaks off (a `NexusError` of the body passes unchanged); Aborted when the signal fires, even while the body stalls
 */
export async function* bodyPieces(
  body: BlobBody,
  options: PutOptions,
  operation: string,
): AsyncGenerator<Uint8Array, void, void> {
  const { size, signal } = options
  throwIfAborted(signal, operation)
  if (body instanceof Uint8Array) {
    if (body.length !== size) throw wrongSize(size, body.length)
    if (size > 0) yield body
    return
  }
  let total = 0
  let last: Uint8Array | undefined
  for await (const piece of cancellable(body, signal, operation)) {
    total += piece.length
    if (total > size) throw wrongSize(size, total)
    if (piece.length === 0) continue
    if (total === size) last = piece
    else yield piece
  }
  if (total !== size) throw wrongSize(size, total)
  if (last !== undefined) yield last
}

async function* cancellable(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
  operation: string,
): AsyncGenerator<Uint8Array, void, void> {
  const pieces = body[Symbol.asyncIterator]()
  const { promise: cancelled, reject } = Promise.withResolvers<never>()
  const cancel = (): void =>
    reject(new NexusError('Aborted', `${operation}: cancelled by the caller`, { operation, cause: signal?.reason }))
  cancelled.catch(() => {})
  signal?.addEventListener('abort', cancel, { once: true })
  let isAtEnd = false
  try {
    while (true) {
      throwIfAborted(signal, operation)
      const next = await Promise.race([cancelled, nextPiece(pieces, operation)])
      isAtEnd = next.done === true
      if (next.done === true) return
      yield next.value
    }
  } finally {
    signal?.removeEventListener('abort', cancel)
    // Not awaited: a stalled generator answers only once it runs again.
    if (!isAtEnd) pieces.return?.().catch(() => {})
  }
}

async function nextPiece(pieces: AsyncIterator<Uint8Array>, operation: string): Promise<IteratorResult<Uint8Array>> {
  try {
    return await pieces.next()
  } catch (cause) {
    if (isNexusError(cause)) throw cause
    throw new NexusError('InvalidArgument', `${operation}: the body broke off`, {
      advice: 'nothing was stored',
      operation,
      cause,
    })
  }
}
