import type { DurabilityClass } from '../core/durability.ts'
import type { ReadOnlyReason } from '../core/read-only-reason.ts'

/**
 * A storage backend keeps immutable blobs by key. It knows nothing of files, digests or versions: all of that is
 * written once, above it. Every sentence that begins with "Law" is checked by the law of that id in `@nexusfs/conformance`.
 *
 * Every failure is a `NexusError`. Any call may be made at the same time as any other, from any number of processes if
 * `info.isShared`. A cancelled call (`signal`) rejects with `Aborted` and leaves what an interrupted one would leave.
 */
export interface StorageBackend {
  readonly info: StorageBackendInfo

  /**
   * Stores a whole blob.
   *
   * - Law `put-durable`: once it returned, the blob is whole and as durable as `info.durability` says.
   * - Law `put-atomic`: a reader sees the whole blob or `NotFound`, never a part.
   * - Law `put-idempotent`: putting the same key and bytes again succeeds and changes nothing. Two different bodies for one
   *   key is a mistake of the caller; one whole blob is left.
   * - Law `put-size`: a body that is not exactly `size` bytes, or that breaks off, leaves nothing visible. Law `put-body-error`: the
   *   body's own error comes through, a `NexusError` as it is, any other as the cause of one.
   * - Law `put-failed-keeps`: a put that fails leaves the blob that was there.
   *
   * The body stays unchanged by both sides until the call settles.
   * @throws {NexusError} InvalidArgument for a bad key or a body of the wrong size, NoSpace, PermissionDenied,
   * ReadOnly, Unavailable, Timeout, Aborted, Closed
   */
  put(key: string, body: BlobBody, options: PutOptions): Promise<void>

  /**
   * The bytes of a blob, or of a range of it. Law `get-owned`: the array belongs to the caller. Law `get-plain`: it is a plain
   * `Uint8Array`, whose `slice` is a copy.
   * @throws {NexusError} NotFound if there is no such blob, InvalidArgument for a bad key or range
   */
  get(key: string, options?: GetOptions): Promise<Uint8Array<ArrayBuffer>>

  /**
   * The same bytes as `get`, in pieces of at most 1 MiB (law `stream-pieces`), each belonging to the caller (law `stream-owned`).
   * Law `stream-left-early`: leaving the loop early frees what it held. Law `stream-while-deleted`: a stream that ends well gave all
   * the bytes, whatever happened meanwhile.
   * @throws {NexusError} as `get`, when the first piece is asked for
   */
  stream(key: string, options?: GetOptions): AsyncIterable<Uint8Array<ArrayBuffer>>

  /** Law `stat-order`: for each key, in order, what is known of its blob; `undefined` where there is none. An empty list is allowed. */
  stat(keys: readonly string[], options?: CallOptions): Promise<readonly (BlobStat | undefined)[]>

  /** Removes blobs. Law `delete-absent`: removing what is absent succeeds. */
  delete(keys: readonly string[], options?: CallOptions): Promise<void>

  /**
   * One page of keys in byte order (all key characters are ASCII, so this is also string order).
   *
   * Laws `list-pages` and `list-large-pages`: following `after` from page to page visits every blob that was there throughout exactly once.
   */
  list(options?: ListOptions): Promise<BlobPage>

  /**
   * Optional (capability `staging`): begins to store a body whose key is not known yet, so that the hash can be computed
   * while the bytes are written. Law `stage-hidden`: nothing is visible before `publish`. Law `stage-left`: `close` drops what was
   * neither published nor discarded.
   */
  stage?(body: BlobBody, options: PutOptions): Promise<StagedBlob>

  /**
   * Law `close-waits`: waits for calls under way, then frees everything. Law `close-idempotent`: it may be called again. Any later
   * call rejects with `Closed`; a stream that is under way gives all its bytes or rejects (law `close-during-stream`).
   */
  close(): Promise<void>
}

/** A body whose bytes are stored, but under no key yet. Exactly one of the two is called, once. */
export interface StagedBlob {
  /** Makes the blob visible under this key, with every promise of `put`. On failure nothing stays behind. */
  publish(key: string, options?: CallOptions): Promise<void>
  /** Drops the bytes. */
  discard(): Promise<void>
}

/**
 * `segment("/" segment)*`, at most 240 characters; a segment has 2 to 100 characters out of `a-z 0-9 . _ -` and does not begin
 * with a dot. Keys differ by more than case on every medium, and every segment is long enough to shard by.
 */
export const blobKeyPattern: RegExp = /^(?=.{2,240}$)[a-z0-9_-][a-z0-9._-]{1,99}(?:\/[a-z0-9_-][a-z0-9._-]{1,99})*$/

/** Bytes at once, or in pieces as they come. */
export type BlobBody = Uint8Array | AsyncIterable<Uint8Array>

/** Every call of a storage backend takes these. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

/** For `put` and `stage`. */
export interface PutOptions extends CallOptions {
  /** Length of the body in bytes. */
  readonly size: number
}

/** For `get` and `stream`. */
export interface GetOptions extends CallOptions {
  readonly range?: ByteRange | undefined
}

/**
 * Law `range-edges`: bytes from `start`, at most `length` of them (to the end if absent). A range that reaches past the end gives
 * what there is; one that starts at or past the end gives no bytes. Both are whole numbers, 0 or more; else `InvalidArgument`.
 */
export interface ByteRange {
  readonly start: number
  readonly length?: number | undefined
}

/** What is known of a blob without reading it. */
export interface BlobStat {
  /** In bytes. */
  readonly size: number
}

/** Which keys, and how many of them. */
export interface ListOptions extends CallOptions {
  /** Only keys that begin with this text, which may end anywhere in a key. */
  readonly prefix?: string | undefined
  /** Only keys above this text in byte order. */
  readonly after?: string | undefined
  /** At most this many, from 1 to 1,000; 1,000 if absent. */
  readonly limit?: number | undefined
}

/** Keys in byte order; none if nothing matches. */
export interface BlobPage {
  readonly blobs: readonly ListedBlob[]
  /** Pass it as `after` for the next page; absent on the last page. */
  readonly next?: string | undefined
}

/** A blob in a listing. */
export interface ListedBlob extends BlobStat {
  readonly key: string
}

/** What a storage backend is and promises. */
export interface StorageBackendInfo {
  /** The kind, as in the name of a combination: `local`, `s3`; lower-case letters and digits. */
  readonly name: string
  /** The version of this port that the backend was written for. */
  readonly portVersion: typeof storagePortVersion
  /** What a put that returned survives. */
  readonly durability: DurabilityClass
  /** True if several processes that open the same storage see the same blobs (laws `processes-see-puts`, `processes-see-deletes`). */
  readonly isShared: boolean
  /** Where it is, for people; never with a secret. */
  readonly location: string
  /**
   * Absolute paths of the files and folders of this machine that belong to the backend; none if absent. Imports, exports and backups
   * keep away from them.
   */
  readonly localPaths?: readonly string[] | undefined
  readonly limits: {
    /** The largest blob in bytes. */
    readonly blobBytes: number
  }
  /**
   * How long the chunks of large content are to be on average, in bytes: a power of two from 64 KiB to 16 MiB; 1 MiB if absent. Larger ones
   * are fewer requests, smaller ones have more in common with those of other content.
   */
  readonly preferredChunkBytes?: number | undefined
  /** Why the backend takes no blobs; absent = it takes them. A put is then `ReadOnly`, outcome none. */
  readonly readOnly?: ReadOnlyReason | undefined
  readonly capabilities: StorageCapabilities
}

/** What a backend may lack. Where one is false, the method is absent or refuses with `Unsupported` (law `stage-unsupported`). */
export interface StorageCapabilities {
  /** `stage` is there. */
  readonly staging: boolean
}

/** The version of this port: it grows when a change would break a backend. */
export const storagePortVersion = 1
