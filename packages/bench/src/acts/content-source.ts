import { createCipheriv, createHash } from 'node:crypto'

/** Names bytes without holding them: of one run, those of equal keys begin alike, and those of different keys are unrelated. */
export interface ContentRef {
  readonly key: string
  /** In bytes. */
  readonly size: number
}

/** Where the bytes of a round are: made before the clock starts. */
export type ContentOf = (content: ContentRef) => Uint8Array

const zeros = { bytes: new Uint8Array(0) }

/**
 * The bytes of a run, the same for every combination: an AES-128-CTR stream for each key. It cannot be compressed, and no two
 * keys share a block that a deduplicating store could find.
 */
export class ContentSource {
  readonly #seed: string

  constructor(seed: string) {
    this.#seed = seed
  }

  /** Fresh bytes that the caller owns. */
  bytes(content: ContentRef): Uint8Array {
    const key = createHash('sha256').update(`${this.#seed}\0${content.key}`).digest().subarray(0, 16)
    const cipher = createCipheriv('aes-128-ctr', key, new Uint8Array(16))
    return new Uint8Array(cipher.update(zerosOf(content.size)))
  }
}

function zerosOf(size: number): Uint8Array {
  if (zeros.bytes.length < size) zeros.bytes = new Uint8Array(size)
  return zeros.bytes.subarray(0, size)
}
