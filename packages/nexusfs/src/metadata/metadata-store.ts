import type { DurabilityClass } from '../core/durability.ts'
import type { NexusError } from '../core/errors.ts'
import type { ReadOnlyReason } from '../core/read-only-reason.ts'
import type { Revision } from '../core/revision.ts'

/**
 * A metadata store is an ordered, transactional key-value store. All file-system logic is written once, above it. Every sentence
 * that begins with "Law" is checked by the law of that id in `@nexusfs/conformance`.
 *
 * Byte arrays that cross this port are never changed afterwards by either side, so a store may hand out the same array twice.
 * Every failure is a `NexusError`. Limits (`core/limits.ts`) are checked before any I/O.
 */
export interface MetadataStore {
  readonly info: MetadataStoreInfo

  /**
   * Looks up keys and scans ranges.
   *
   * - Law `read-snapshot`: all answers come from one snapshot.
   * - Law `read-own-acks`: it contains every commit that any client had acknowledged before the call, and law `processes-see-commits`:
   *   every one that any process had.
   * - Law `scan-order`: pages are in byte order of the item (reversed on request), from `from` (inclusive) to `to` (exclusive).
   *
   * @throws {NexusError} InvalidArgument above the limits, Unavailable, Timeout, Corrupt, Aborted, Closed
   */
  read(request: ReadRequest, options?: StoreCallOptions): Promise<ReadReply>

  /**
   * Applies independent commits in order, and reports each in order.
   *
   * - Law `commit-atomic`: a commit is applied as a whole or not at all.
   * - Law `commit-serial`: revisions are one serial order of all commits that explains every expectation; where `info.isShared`, of all
   *   processes (law `processes-serial`).
   * - Law `commit-real-time`: if A was acknowledged before B was called, A's revision is below B's.
   * - Law `commit-list`: a member sees those before it; a failed one changes nothing and fails no other.
   * - Law `commit-durable`: all members are durable to `info.durability` when the call returns.
   *
   * A call that rejects says in `outcome` what is known: `none`, nothing was applied; `unknown` (or absent), each member
   * may or may not be, or may still become, applied. After a cancelled call the outcome is unknown, unless it says `none`.
   * @throws {NexusError} InvalidArgument (outcome none) above the limits, ReadOnly, NoSpace, Unavailable, Timeout, Aborted, Closed
   */
  commit(commits: readonly Commit[], options?: StoreCallOptions): Promise<readonly CommitResult[]>

  /**
   * The highest revision h such that every commit up to h is finished and visible to any later read, and none will ever get a
   * number up to h. Law `horizon-monotone`: it never falls. Law `horizon-reaches`: it reaches any acknowledged revision as soon as
   * no older commit is running. Only a horizon may be a position in a feed, the "now" of a read in the past, or the key of a cache.
   */
  horizon(options?: StoreCallOptions): Promise<Revision>

  /**
   * Optional (capability `watch`): calls `listener` soon after commits by anyone, at least once after the last of them; it may be
   * called for nothing. What it throws is passed over. Returns when watching has begun.
   */
  watch?(listener: () => void, options?: StoreCallOptions): Promise<Watch>

  /**
   * Optional (capability `backup`): copies the store, as one of its commits left it, into a new local file, which the same engine opens as
   * a store of its own. Commits go on meanwhile. Law `backup-one-moment`: the copy holds every commit that was acknowledged before the
   * call, and of those that run beside it each one whole or not at all, none without those before it. Law
   * `backup-new-epoch`: the copy is in the next epoch, so that the two never issue one revision twice. A failed or cancelled call leaves no
   * file.
   * @throws {NexusError} AlreadyExists if the file is there, NoSpace, Aborted, Closed
   */
  backup?(file: string, options?: StoreCallOptions): Promise<void>

  /**
   * Optional: moves the counter to the start of the next epoch, above every revision given out in this one; returns the new horizon
   * (law `epoch-raised`). Entries keep their revisions (law `epoch-keeps`), and it holds for all clients (law `epoch-others`).
   * For a store that came back from an older copy, before anybody uses it.
   * @throws {NexusError} as `commit`
   */
  raiseEpoch?(options?: StoreCallOptions): Promise<Revision>

  /**
   * Offline: fills an empty store with entries that keep their revisions; later commits get higher ones.
   * @throws {NexusError} AlreadyExists if the store holds any entry
   */
  load(entries: AsyncIterable<MetadataEntry>, options?: StoreCallOptions): Promise<void>

  /** Waits for calls under way, then frees everything. Idempotent. Any later call rejects with `Closed`. */
  close(): Promise<void>
}

/** Two byte strings, at most 512 bytes together; the order is (group, item), byte by byte. A group is not empty. */
export interface Key {
  readonly group: Uint8Array
  readonly item: Uint8Array
}

/** A key with its value. */
export interface MetadataEntry {
  readonly key: Key
  /** At most 256 KiB; may be empty. */
  readonly value: Uint8Array
  /** The commit that wrote it. */
  readonly revision: Revision
}

/** Keys to look up and ranges to scan, all in one snapshot; both may be empty. */
export interface ReadRequest {
  readonly get?: readonly Key[] | undefined
  readonly scan?: readonly Scan[] | undefined
}

/** Items of one group with `from` <= item < `to`; an absent bound is open. */
export interface ItemRange {
  readonly group: Uint8Array
  readonly from?: Uint8Array | undefined
  readonly to?: Uint8Array | undefined
}

/** First bytes of the groups in which a range may be expected: `d` and `r`. The layout of the keys takes them from here. */
export const rangedGroupTags = { directory: 0x64, reference: 0x72 } as const

/** True if range expectations are allowed in the group; a store that locks needs to lock whole groups only there. */
export function isRangedGroup(group: Uint8Array): boolean {
  const [tag] = group
  return tag === rangedGroupTags.directory || tag === rangedGroupTags.reference
}

/** One page of a range. */
export interface Scan extends ItemRange {
  /** At most this many entries, from 1 to 10,000. */
  readonly limit: number
  /** From the high end down. */
  readonly reverse?: boolean | undefined
}

/** The answers to a `ReadRequest`. */
export interface ReadReply {
  /** One for each key asked for, in order; `undefined` where there is none. */
  readonly get: readonly (MetadataEntry | undefined)[]
  /** One page for each scan, in order. */
  readonly scan: readonly ScanPage[]
  /** The store's clock: whole milliseconds since 1970. */
  readonly time: number
}

/** The entries that a scan found, in its order; none if the range is empty. */
export interface ScanPage {
  readonly entries: readonly MetadataEntry[]
  /**
   * True if the range holds more entries behind the last. Law `scan-large-pages`: pages of any size, each beginning where the last one
   * ended, give every entry once.
   */
  readonly hasMore: boolean
}

/** All of `expect` holds and all of `writes` is applied at one instant, the commit's position in revision order. */
export interface Commit {
  readonly expect: readonly Expectation[]
  /** 1 to 10,000 writes, no key twice. */
  readonly writes: readonly Write[]
}

/** What must hold at the instant of a commit. */
export type Expectation =
  /** The key's entry has exactly this revision. */
  | { readonly kind: 'at'; readonly key: Key; readonly revision: Revision }
  | { readonly kind: 'absent'; readonly key: Key }
  | { readonly kind: 'present'; readonly key: Key }
  /**
   * The range holds `count` entries (at most 10,000), none above `maxRevision`: "empty" with count 0, else "this listing is unchanged".
   * Only in a ranged group (`isRangedGroup`).
   */
  | { readonly kind: 'range'; readonly range: ItemRange; readonly count: number; readonly maxRevision: Revision }

/** One change of one key. */
export type Write =
  | { readonly kind: 'put'; readonly key: WrittenKey; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: Key }

/**
 * A key whose item may hold one REV slot: with `revisionAt`, the store inserts the commit's revision (8 bytes, big-endian) into the
 * item at that offset. The 8 bytes count towards the size of the key.
 */
export interface WrittenKey extends Key {
  readonly revisionAt?: number | undefined
}

/** What became of one member of a list of commits. */
export type CommitResult =
  | { readonly status: 'committed'; readonly revision: Revision }
  /** `expectation` is the index of the first that failed; `found` the revision of its key (for a range, the highest in it), if any. */
  | { readonly status: 'conflict'; readonly expectation: number; readonly found: Revision | undefined }
  /** This member alone could not be applied, and was not. */
  | { readonly status: 'failed'; readonly error: NexusError }

/** Every call of a metadata store takes these. */
export interface StoreCallOptions {
  readonly signal?: AbortSignal | undefined
  /** Of a commit: it removes something, so that a store that keeps room for that may use it where the medium is full. */
  readonly makesRoom?: boolean | undefined
}

/** A listener that is under way. */
export interface Watch {
  /** Idempotent. */
  close(): Promise<void>
}

/** What a metadata store is and promises. */
export interface MetadataStoreInfo {
  /** The kind, as in the name of a combination: `sqlite`, `postgres`; lower-case letters and digits. */
  readonly name: string
  /** The version of this port that the store was written for. */
  readonly portVersion: typeof metadataPortVersion
  /** What an acknowledged commit survives. */
  readonly durability: DurabilityClass
  /** True if several processes that open the same store see the same entries; the laws `processes-serial` and the like start one. */
  readonly isShared: boolean
  /** Where it is, for people; never with a secret. */
  readonly location: string
  /**
   * Absolute paths of the files and folders of this machine that belong to the store, also of those that come and go, such as a
   * write-ahead log; none if absent. Imports, exports and backups never open them.
   */
  readonly localPaths?: readonly string[] | undefined
  /** A file of at most this many bytes is kept in the store itself rather than as a blob; at most 128 KiB. */
  readonly preferredInlineBytes: number
  /** Why the store takes no commits; absent = it takes them. A commit is then `ReadOnly`, outcome none. */
  readonly readOnly?: ReadOnlyReason | undefined
  readonly capabilities: MetadataCapabilities
  /** Facts worth recording beside a measurement: server version, pragmas, settings. Never a secret. */
  readonly settings: Readonly<Record<string, string>>
}

/** What a store may lack. Where one is false, calling it is refused with `Unsupported`, and the kit checks that. */
export interface MetadataCapabilities {
  /**
   * True if the store may come back from an older copy while the storage backend does not (a server with backups of its own): the
   * file system then keeps witnesses of its revisions with the blobs, and refuses a store that has gone back. Absent = false.
   */
  readonly witness?: boolean | undefined
  readonly watch: boolean
  /** True if `backup` is there. Absent = false. */
  readonly backup?: boolean | undefined
}

/** The version of this port: it grows when a change would break a store. */
export const metadataPortVersion = 1
