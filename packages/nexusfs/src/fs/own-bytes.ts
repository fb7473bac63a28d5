import { copyBytes, utf8 } from '../core/bytes.ts'
import { NexusError } from '../core/errors.ts'

/**
 * The bytes of what a caller gave, in an array that is ours: a caller's buffer is copied before anything is awaited.
 * @throws {NexusError} InvalidArgument for anything but a well-formed string or bytes
 */
export function ownBytes(content: string | Uint8Array): Uint8Array<ArrayBuffer> {
  if (typeof content === 'string') {
    if (content.isWellFormed()) return utf8(content)
    throw new NexusError('InvalidArgument', 'the text holds half a surrogate pair, which UTF-8 cannot spell; give bytes instead')
  }
  if (content instanceof Uint8Array) return copyBytes(content)
  throw new NexusError('InvalidArgument', `content is a string or a Uint8Array, not ${typeof content}`)
}
