import type { NexusError } from '../../core/errors.ts'
import type { BlobStat } from '../../storage/storage-backend.ts'

/**
 * What one object store can do: each call is one request, sent once. Keys are whole object keys. A failure is thrown as the vendor's
 * client gives it, and `toNexusError` says what it means; retries, deadlines and everything that is the same for all object stores is
 * above (`ObjectBackend`).
 */
export interface ObjectClient {
  readonly limits: ObjectLimits
  put(key: string, bytes: Uint8Array, request: ObjectRequest): Promise<void>
  /** Begins to read. A range that begins at or past the end is a body without bytes. */
  get(key: string, range: ObjectRange, request: ObjectRequest): Promise<ObjectBody>
  /** `undefined` only if the store has said that there is no such object, and not that its bucket is gone. */
  stat(key: string, request: ObjectRequest): Promise<BlobStat | undefined>
  /** Removes up to `limits.deleteKeys` objects; what is absent is not a failure. */
  delete(keys: readonly string[], request: ObjectRequest): Promise<readonly FailedKey[]>
  /** Objects in byte order of their keys. */
  list(options: ObjectListOptions, request: ObjectRequest): Promise<ObjectPage>
  /** Begins an object in parts: it becomes visible, whole, with `complete`, or with its last part. */
  startUpload(key: string, request: UploadRequest): Promise<ObjectUpload>
  /** Removes the parts of uploads under the prefix that were never completed. */
  dropUploads(prefix: string, request: ObjectRequest): Promise<void>
  toNexusError(error: unknown, work: FailedObjectCall): NexusError
  /** Closes its connections. */
  close(): void
}

/** What an object store takes at once. */
export interface ObjectLimits {
  /** The largest object in bytes. */
  readonly blobBytes: number
  /** The size of a part; larger where an object would have too many. An object up to this size is one request. */
  readonly partBytes: number
  /** The most parts of one object. */
  readonly parts: number
  /** Parts of one object that are sent at the same time. */
  readonly partsInFlight: number
  /** The most keys in one request to delete. */
  readonly deleteKeys: number
}

/** What every request takes. */
export interface ObjectRequest {
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** What a request that sends bytes takes. */
export interface UploadRequest extends ObjectRequest {
  /** Of the whole object, in bytes. */
  readonly size: number
}

/** Which part of an object. */
export interface ObjectRange {
  readonly start: number
  /** Exclusive; to the end if absent. */
  readonly end?: number | undefined
  /** The version that was begun with: another one there is a failure. */
  readonly version?: string | undefined
}

/** The bytes of an object, as they come. */
export interface ObjectBody {
  /** Bytes that this body has. */
  readonly length: number
  /** Names this state of the object, where the store has such names. */
  readonly version: string | undefined
  readonly pieces: AsyncIterator<Uint8Array>
  /** Gives up the connection; idempotent, and without effect at the end. */
  cancel(): void
}

/** A key that a request for many could not do. */
export interface FailedKey {
  readonly key: string
  readonly error: unknown
}

/** Which keys, and how many. */
export interface ObjectListOptions {
  readonly prefix: string
  /** A whole object key. */
  readonly after: string | undefined
  readonly limit: number
}

/** One page of a listing. */
export interface ObjectPage {
  readonly objects: readonly { readonly key: string; readonly size: number }[]
  readonly hasMore: boolean
}

/** An upload in parts, under way. */
export interface ObjectUpload {
  /** @param number from 1; the same number may be sent again */
  part(number: number, bytes: Uint8Array, request: ObjectRequest): Promise<void>
  /** May be called again when its answer was lost. Absent where the last part completes the object. */
  complete?(request: ObjectRequest): Promise<void>
  /** Removes what was sent; idempotent. */
  abort(request: ObjectRequest): Promise<void>
}

/** What was going on when a request failed. */
export interface FailedObjectCall {
  /** The port call, such as `storage.put`. */
  readonly operation: string
  /** The blob, if it is about one. */
  readonly key?: string | undefined
}
