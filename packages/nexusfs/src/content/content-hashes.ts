import type { Digest, DigestStream } from '../core/digest.ts'
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
