import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Digest, DigestStream } from '../core/digest.ts'
import { throwIfAborted } from '../core/errors.ts'
import { GenerationalMap } from '../engine-kit/generational-map.ts'

/** Contents whose hash can go on, at most. */
const rememberedHashes = 512

/** Where the hashes of contents stand that may get bytes behind them: who appends then need not read what is there. */
export class ContentHashes {
  readonly #hashes = new GenerationalMap<Digest, DigestStream>(rememberedHashes)

  /** A hash that goes on behind a content of this digest, if it is known. */
  get(digest: Digest): DigestStream | undefined {
    return this.#hashes.get(digest)?.copy()
  }

  /** Remembers a hash as it stands; the digest of what it has taken so far. */
  set(hash: DigestStream): Digest {
    const digest = hash.copy().digest()
    this.#hashes.set(digest, hash.copy())
    return digest
  }
}

/** Small enough that a write that was begun before is handed to the system after the first of them. */
const smallSliceBytes = 128 * 1024

/**
 * The digest of many bytes, 128 KiB at a time (about 0.1 ms), with turns of the event loop between: a write under way goes on
 * meanwhile, and nobody else waits long.
 * @throws {NexusError} Aborted
 */
export async function digestOfLarge(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<Digest> {
  const hash = new DigestStream()
  await updateInSlices(hash, bytes, { sliceBytes: smallSliceBytes, signal })
  return hash.digest()
}

/** With turns of the event loop between the slices. */
export async function updateInSlices(
  hash: DigestStream,
  bytes: Uint8Array,
  { sliceBytes, signal }: { readonly sliceBytes: number; readonly signal: AbortSignal | undefined },
): Promise<void> {
  for (let start = 0; start < bytes.length; start += sliceBytes) {
    throwIfAborted(signal, 'write')
    if (start > 0) await nextTurn()
    hash.update(bytes.subarray(start, start + sliceBytes))
  }
}
