import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Digest, DigestStream } from '../core/digest.ts'
import { throwIfAborted } from '../core/errors.ts'

/** Small enough that a write that was begun before is handed to the system after the first of them. */
const sliceBytes = 128 * 1024

/**
 * The digest of many bytes, 128 KiB at a time (about 0.1 ms), with turns of the event loop between: a write under way goes on
 * meanwhile, and nobody else waits long.
 * @throws {NexusError} Aborted
 */
export async function digestOfLarge(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<Digest> {
  const hash = new DigestStream()
  for (let start = 0; start < bytes.length; start += sliceBytes) {
    throwIfAborted(signal, 'write')
    if (start > 0) await nextTurn()
    hash.update(bytes.subarray(start, start + sliceBytes))
  }
  return hash.digest()
}
