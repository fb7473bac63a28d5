export type { CopiedContents, DamagedContent } from './content/copy-contents.ts'
export type { Digest } from './core/digest.ts'
export type { DurabilityClass } from './core/durability.ts'
export type { ErrorChanges, ErrorCode, ErrorCodeTraits, ErrorContext, NexusErrorOptions, Outcome, Retry } from './core/errors.ts'
export { errorCodes, isNexusError, NexusError } from './core/errors.ts'
export type { Id } from './core/id.ts'
export type { NexusPath } from './core/path.ts'
export type { ReadOnlyReason } from './core/read-only-reason.ts'
export type { Revision } from './core/revision.ts'
export type { Clock, Random } from './core/system.ts'
export type { DirectoryEntry, Entry, EntryFields, FileEntry, LinkEntry, VersionEntry } from './fs/model/entry.ts'
export type { LeftOut, LeftOutReason } from './fs/model/left-out.ts'
export type { FolderLayers, NexusFSInfo, NexusFSOptions, OpenOptionKinds, OpenSettings } from './fs/model/open-options.ts'
export type * from './fs/model/options.ts'
export { NexusFS } from './fs/nexus-fs.ts'
export type { Change } from './fs/operations/edit.ts'
export type { StreamBody } from './fs/operations/streams.ts'
export type {
  Commit,
  CommitResult,
  Expectation,
  ItemRange,
  Key,
  MetadataCapabilities,
  MetadataEntry,
  MetadataStore,
  MetadataStoreInfo,
  ReadReply,
  ReadRequest,
  Scan,
  ScanPage,
  StoreCallOptions,
  Watch,
  Write,
  WrittenKey,
} from './metadata/metadata-store.ts'
export { metadataPortVersion } from './metadata/metadata-store.ts'
export type { MemoryStoreOptions } from './metadata-stores/memory/memory-store.ts'
export { MemoryStore } from './metadata-stores/memory/memory-store.ts'
export type { PostgresOptions } from './metadata-stores/postgres/options.ts'
export { PostgresStore } from './metadata-stores/postgres/postgres-store.ts'
export type { RedisStoreOptions } from './metadata-stores/redis/options.ts'
export { RedisStore } from './metadata-stores/redis/redis-store.ts'
export type { SqliteStoreOptions, WorkerMode } from './metadata-stores/sqlite/sqlite-store.ts'
export { SqliteStore } from './metadata-stores/sqlite/sqlite-store.ts'
export type { OpenOptions, OpenTarget } from './registry/open-nexus.ts'
export { openNexus } from './registry/open-nexus.ts'
export type {
  BlobBody,
  BlobPage,
  BlobStat,
  ByteRange,
  CallOptions,
  GetOptions,
  ListedBlob,
  ListOptions as BlobListOptions,
  PutOptions,
  StagedBlob,
  StorageBackend,
  StorageBackendInfo,
  StorageCapabilities,
} from './storage/storage-backend.ts'
export { blobKeyPattern, storagePortVersion } from './storage/storage-backend.ts'
export { AzureBackend } from './storage-backends/azure/azure-backend.ts'
export type { AzureBackendOptions } from './storage-backends/azure/options.ts'
export { GCSBackend } from './storage-backends/gcs/gcs-backend.ts'
export type { GCSBackendOptions } from './storage-backends/gcs/options.ts'
export type { FileCalls } from './storage-backends/local/file-calls.ts'
export type { LocalBackendOptions } from './storage-backends/local/local-backend.ts'
export { LocalBackend } from './storage-backends/local/local-backend.ts'
export type { MemoryBackendOptions } from './storage-backends/memory/memory-backend.ts'
export { MemoryBackend } from './storage-backends/memory/memory-backend.ts'
export type { ObjectBackend, ObjectBackendParts } from './storage-backends/object-store/object-backend.ts'
export type * from './storage-backends/object-store/object-client.ts'
export type { S3BackendOptions } from './storage-backends/s3/options.ts'
export { S3Backend } from './storage-backends/s3/s3-backend.ts'
