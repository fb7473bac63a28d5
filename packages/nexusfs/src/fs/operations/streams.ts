import { ReadableStream } from 'node:stream/web'
import { utf8 } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import { orAborted } from '../../engine-kit/deadline.ts'
import { shown } from '../model/take-options.ts'
import { CallerError } from './calls.ts'

/** Content that comes in pieces: a Web or a Node stream, a generator, the body of a `Request`, a list of parts. Text is written in UTF-8. */
export type StreamBody = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>

/**
 * The pieces of a body, one at a time, so that it is asked for more only when there is room. Its own errors go to the caller as they are.
 * Left early, or cancelled while it waits, it is told to stop (`return`), and not waited for.
 * @throws {NexusError} InvalidArgument for what is not a body or not a piece, Aborted
 */
export async function* piecesOfBody(
  body: StreamBody,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = iteratorOf(body)
  let isOver = false
  try {
    for (;;) {
      const { value, done } = await orAborted(() => nextOf(iterator), signal, 'writeStream')
      if (done) {
        isOver = true
        return
      }
      yield bytesOfPiece(value)
    }
  } catch (error) {
    isOver ||= error instanceof CallerError
    throw error
  } finally {
    if (!isOver) void stop(iterator)
  }
}

type BodyIterator = AsyncIterator<Uint8Array | string> | Iterator<Uint8Array | string>

function iteratorOf(body: StreamBody): BodyIterator {
  if (typeof body === 'object' && body !== null && !(body instanceof Uint8Array)) {
    if (Symbol.asyncIterator in body) return body[Symbol.asyncIterator]()
    if (Symbol.iterator in body) return body[Symbol.iterator]()
  }
  throw new NexusError('InvalidArgument', `writeStream: a body is a stream or another iterable of bytes, not ${shown(body)}`, {
    advice: 'use write for content that is at hand',
  })
}

async function nextOf(iterator: BodyIterator): Promise<IteratorResult<Uint8Array | string>> {
  try {
    return await iterator.next()
  } catch (error) {
    throw new CallerError(error)
  }
}

async function stop(iterator: BodyIterator): Promise<void> {
  try {
    await iterator.return?.()
  } catch {}
}

function bytesOfPiece(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece
  if (typeof piece === 'string' && piece.isWellFormed()) return utf8(piece)
  const what = typeof piece === 'string' ? 'text with half a surrogate pair, which UTF-8 cannot spell' : shown(piece)
  throw new NexusError('InvalidArgument', `writeStream: a piece of a body is a Uint8Array or text, not ${what}`)
}

/** A Web stream of what a generator gives, which is asked for more only when the reader asks. */
export function toWebStream<Piece>(pieces: AsyncGenerator<Piece, void, undefined>): ReadableStream<Piece> {
  return new ReadableStream<Piece>(
    {
      async pull(controller) {
        const { value, done } = await pieces.next()
        if (done || value === undefined) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await pieces.return()
      },
    },
    { highWaterMark: 0 },
  )
}
