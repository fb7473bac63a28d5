import type { DurabilityClass } from '../../core/durability.ts'
import type { Id } from '../../core/id.ts'
import type { ReadOnlyReason } from '../../core/read-only-reason.ts'
import type { Clock, Random } from '../../core/system.ts'
import type { MetadataStore } from '../../metadata/metadata-store.ts'
import type { StorageBackend } from '../../storage/storage-backend.ts'

/** How the two layers of a store in a folder are opened: the registry knows the adapters. */
export interface FolderLayers {
  /** Makes what is missing. */
  openStorage(folder: string): Promise<StorageBackend>
  /** The file must be there. */
  openMetadata(file: string): Promise<MetadataStore>
}

/** The kinds of values that options of `open` have. */
export interface OpenOptionKinds {
  readonly text: string
  readonly flag: boolean
  readonly number: number
  readonly folderLayers: FolderLayers
  readonly clock: Clock
  readonly random: Random
  readonly layer: StorageBackend | MetadataStore
}

export type OpenOptionKind = keyof OpenOptionKinds

/** The options of `NexusFS.open` beside the layers, by kind. A new option is a line here: its type and its check follow from that. */
const settings = {
  /** The author of commits that name none; `NEXUS_AUTHOR`, else the user of the operating system, if absent. */
  author: 'text',
  /** False = refuse an empty metadata store with `NotFound` instead of creating a store in it. */
  create: 'flag',
  /** True = every call that changes something is `ReadOnly`, before any I/O, and no store is created. Default: false. */
  readOnly: 'flag',
  /**
   * True = create a store also where the storage backend holds blobs already. Default: that is refused where the metadata store is a
   * server, since one that was emptied looks the same (`Corrupt`, reason `rolled back`).
   */
  mayShareStorage: 'flag',
  /** Memory for content kept for reads, in bytes, all that it keeps alive counted; 64 MiB if absent, 0 turns it off. */
  cacheBytes: 'number',
  /** Files up to this size are kept in the metadata store; its own preference if absent. At most 128 KiB. */
  inlineBytes: 'number',
  /** How a store in a folder is opened, for `backup`; `openNexus` sets it. */
  folderLayers: 'folderLayers',
  /** True = if opening fails, both layers stay open. Default: they are closed. */
  keepLayers: 'flag',
  clock: 'clock',
  random: 'random',
} as const

/** The options of an open file system, but for its layers. */
export type OpenSettings = { readonly [Name in keyof typeof settings]?: OpenOptionKinds[(typeof settings)[Name]] | undefined }

/** The two layers of a file system, and what it does by default. */
export interface NexusFSOptions extends OpenSettings {
  readonly storage: StorageBackend
  readonly metadata: MetadataStore
}

/** Every option of `NexusFS.open`. */
export const openOptions: Readonly<Record<keyof NexusFSOptions, OpenOptionKind>> = {
  storage: 'layer',
  metadata: 'layer',
  ...settings,
}

/** What a file system stands on and promises. */
export interface NexusFSInfo {
  readonly storage: StorageBackend['info']
  readonly metadata: MetadataStore['info']
  /** What an acknowledged write survives: the weaker of the two layers. */
  readonly durability: DurabilityClass
  /** The class that the store was created with; weaker now is allowed, and worth telling. */
  readonly initialDurability: DurabilityClass
  readonly storeId: Id
  /**
   * Why nothing can be changed: by the option `readOnly`, or since a layer takes no writes. Absent = it can. Every call that
   * changes something is then `ReadOnly` before any I/O.
   */
  readonly readOnly?: ReadOnlyReason | undefined
}
