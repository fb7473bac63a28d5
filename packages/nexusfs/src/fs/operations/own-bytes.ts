import { type BodyBuffers, largeBodyBytes } from '../../content/body-buffers.ts'
import { copyBytes, utf8 } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import type { BatchWrite } from '../model/options.ts'
import { shown, takeWrites } from '../model/take-options.ts'

/**
 * The bytes of what a caller gave, in an array that is ours: a caller's buffer is copied before anything is awaited.
 * @param bodies where memory for large content comes from, and goes back to when the content is settled
 * @throws {NexusError} InvalidArgument for anything but a well-formed string or bytes
 */
export function ownBytes(content: string | Uint8Array, bodies?: BodyBuffers): Uint8Array<ArrayBuffer> {
  if (typeof content === 'string') {
    if (content.isWellFormed()) return utf8(content)
    throw new NexusError('InvalidArgument', 'the text holds half a surrogate pair, which UTF-8 cannot spell', {
      advice: 'give bytes instead',
    })
  }
  if (content instanceof Uint8Array) {
    return bodies === undefined || content.length < largeBodyBytes ? copyBytes(content) : bodies.copy(content)
  }
  throw new NexusError('InvalidArgument', `content must be a string or a Uint8Array, not ${shown(content)}${adviceFor(content)}`)
}

/** What a caller gave, who may change it as soon as the call has returned a promise. */
export class Given<T> {
  #value: T
  readonly #copy: (value: T) => T

  constructor(value: T, copy: (value: T) => T) {
    this.#value = value
    this.#copy = copy
  }

  get value(): T {
    return this.#value
  }

  /** Keeps it as it is now. */
  hold(): void {
    this.#value = this.#copy(this.#value)
  }
}

/** Content as it is now, of a call that begins later; what is not content stays what it is, for the call to refuse. */
export function keptContent(content: string | Uint8Array): string | Uint8Array {
  return content instanceof Uint8Array ? copyBytes(content) : content
}

/**
 * The writes of a batch as they are now.
 * @throws {NexusError} InvalidArgument for what is not a list of writes
 */
export function keptWrites(writes: readonly BatchWrite[]): readonly BatchWrite[] {
  return takeWrites(writes).map((each) => ({ ...each, content: keptContent(each.content) }))
}

/** How to get the bytes of what callers are likely to have. */
function adviceFor(content: unknown): string {
  if (content instanceof ArrayBuffer || content instanceof SharedArrayBuffer) return '; give new Uint8Array(buffer)'
  if (ArrayBuffer.isView(content)) return '; give new Uint8Array(view.buffer, view.byteOffset, view.byteLength)'
  if (content instanceof Blob) return '; give await blob.bytes()'
  if (content instanceof Promise) return '; await it first'
  const isStream = typeof content === 'object' && content !== null && Symbol.asyncIterator in content
  return isStream ? '; a stream is read first: await buffer(stream), of node:stream/consumers' : ''
}
