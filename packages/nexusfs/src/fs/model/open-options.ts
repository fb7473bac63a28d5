import type { Clock, Random } from '../../core/clock.ts'
import type { DurabilityClass } from '../../core/durability.ts'
import type { Id } from '../../core/id.ts'
import type { ReadOnlyReason } from '../../core/read-only-reason.ts'
import type { MetadataStore } from '../../metadata/metadata-store.ts'
import type { StorageBackend } from '../../storage/storage-backend.ts'

/** How the two layers of a store in a folder are opened: the registry knows the adapters. */
export interface FolderLayers {
  /** Makes what is missing. */
  openStorage(folder: string): Promise<StorageBackend>
  /** The file must be there. */
  openMetadata(file: string): Promise<MetadataStore>
}

/** The two layers of a file system, and what it does by default. */
export interface NexusFSOptions {
  readonly storage: StorageBackend
  readonly metadata: MetadataStore
  /** The author of commits that name none; `NEXUS_AUTHOR`, else the user of the operating system, if absent. */
  readonly author?: string | undefined
  /** False = refuse an empty metadata store with `NotFound` instead of founding a store in it. */
  readonly create?: boolean | undefined
  /** True = every call that changes something is `ReadOnly`, before any I/O, and no store is founded. Default: false. */
  readonly readOnly?: boolean | undefined
  /**
   * True = found a store also where the storage backend holds blobs already. Default: that is refused where the metadata store is a
   * server, since one that was emptied looks the same (`Corrupt`, reason `rolled back`).
   */
  readonly mayShareStorage?: boolean | undefined
  /** Memory for content kept for reads, in bytes, all that it keeps alive counted; 64 MiB if absent, 0 turns it off. */
  readonly cacheBytes?: number | undefined
  /** Files up to this size are kept in the metadata store; its own preference if absent. At most 128 KiB. */
  readonly inlineBytes?: number | undefined
  /** How a store in a folder is opened, for `backup`; `openNexus` sets it. */
  readonly folderLayers?: FolderLayers | undefined
  /** True = if opening fails, both layers stay open. Default: they are closed. */
  readonly keepLayers?: boolean | undefined
  readonly clock?: Clock | undefined
  readonly random?: Random | undefined
}

/** What a file system stands on and promises. */
export interface NexusFSInfo {
  readonly storage: StorageBackend['info']
  readonly metadata: MetadataStore['info']
  /** What an acknowledged write survives: the weaker of the two layers. */
  readonly durability: DurabilityClass
  /** The class that the store was founded with; weaker now is allowed, and worth telling. */
  readonly foundedDurability: DurabilityClass
  readonly storeId: Id
  /**
   * Why nothing can be changed: by the option `readOnly`, or since a layer takes no writes. Absent = it can. Every call that
   * changes something is then `ReadOnly` before any I/O.
   */
  readonly readOnly?: ReadOnlyReason | undefined
}
