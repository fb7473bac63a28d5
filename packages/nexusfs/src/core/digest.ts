import { createHash, type Hash, hash, webcrypto } from 'node:crypto'
import { concatBytes, fromHex, toHex } from './bytes.ts'
import { NexusError } from './errors.ts'

declare const digestBrand: unique symbol

/** `sha256:` and 64 lower-case hexadecimal digits: what `sha256sum` prints for the whole bytes. */
export type Digest = string & { readonly [digestBrand]: true }

const prefix = 'sha256:'
const pattern = /^sha256:[0-9a-f]{64}$/
/** First byte of a digest inside a key; other algorithms would get other numbers. */
const sha256Tag = Uint8Array.of(1)

/** The digest of these bytes, computed at once on this thread (about 0.6 ms a MiB). */
export function digestOf(bytes: Uint8Array): Digest {
  return (prefix + hash('sha256', bytes, 'hex')) as Digest
}

/** The digest of these bytes, computed on another thread; they must not change meanwhile. */
export async function digestOnThread(bytes: Uint8Array): Promise<Digest> {
  const { buffer, byteOffset, length } = bytes
  const view = buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, length) : new Uint8Array(bytes)
  const hash = await webcrypto.subtle.digest('SHA-256', view)
  return (prefix + toHex(new Uint8Array(hash))) as Digest
}

/** A digest computed piece by piece. */
export class DigestStream {
  readonly #hash: Hash

  constructor(hash: Hash = createHash('sha256')) {
    this.#hash = hash
  }

  /** One that goes on from here, while this one stays where it is. */
  copy(): DigestStream {
    return new DigestStream(this.#hash.copy())
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes)
  }

  /** To be called once, last. */
  digest(): Digest {
    return (prefix + this.#hash.digest('hex')) as Digest
  }
}

export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && pattern.test(text)
}

/** The 64 hexadecimal digits alone. */
export function digestHex(digest: Digest): string {
  return digest.slice(prefix.length)
}

/** The digest inside a key: one byte for the algorithm, then the hash. */
export function digestKeyBytes(digest: Digest): Uint8Array<ArrayBuffer> {
  return concatBytes(sha256Tag, fromHex(digestHex(digest)))
}

/**
 * The digest that a key holds.
 * @throws {NexusError} Corrupt if it holds none that this version knows
 */
export function digestInKey(item: Uint8Array): Digest {
  const digest = prefix + toHex(item.subarray(1))
  if (item[0] === sha256Tag[0] && isDigest(digest)) return digest
  throw new NexusError('Corrupt', 'a row of the metadata store has no digest in its key', {
    advice: 'restore the metadata from a backup',
  })
}
