import type { Clock, Random } from '../core/clock.ts'
import type { DurabilityClass } from '../core/durability.ts'
import { NexusError } from '../core/errors.ts'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import type { DirectoryEntry, Entry, FileEntry, VersionEntry } from './entry.ts'
import type {
  BatchWrite,
  CommitOptions,
  ExportOptions,
  ImportOptions,
  ListOptions,
  MkdirOptions,
  MoveOptions,
  OperationOptions,
  RangeOptions,
  ReadOptions,
  RemoveOptions,
  RestoreOptions,
  TransferReport,
  Usage,
  WriteOptions,
} from './options.ts'

export interface NexusFSOptions {
  readonly storage: StorageBackend
  readonly metadata: MetadataStore
  /** The author of commits that name none; `NEXUS_AUTHOR`, else the user of the operating system, if absent. */
  readonly author?: string | undefined
  /** False = refuse an empty metadata store with `NotFound` instead of founding a store in it. */
  readonly create?: boolean | undefined
  /** Bytes of content kept in memory for reads; 64 MiB if absent, 0 turns it off. */
  readonly cacheBytes?: number | undefined
  /** Files up to this size are kept in the metadata store; its own preference if absent. At most 128 KiB. */
  readonly inlineBytes?: number | undefined
  readonly clock?: Clock | undefined
  readonly random?: Random | undefined
}

/** A file system over a storage backend and a metadata store. */
export class NexusFS implements AsyncDisposable {
  static open(_options: NexusFSOptions): Promise<NexusFS> {
    throw todo()
  }
  /** What this file system stands on and promises. */
  get info(): { storage: StorageBackend['info']; metadata: MetadataStore['info']; durability: DurabilityClass; storeId: string } {
    throw todo()
  }
  read(_path: string, _options?: ReadOptions): Promise<Uint8Array<ArrayBuffer>> {
    throw todo()
  }
  readText(_path: string, _options?: ReadOptions): Promise<string> {
    throw todo()
  }
  readWithStat(_path: string, _options?: ReadOptions): Promise<{ content: Uint8Array<ArrayBuffer>; stat: FileEntry }> {
    throw todo()
  }
  readRange(_path: string, _options: RangeOptions): Promise<Uint8Array<ArrayBuffer>> {
    throw todo()
  }
  write(_path: string, _content: string | Uint8Array, _options?: WriteOptions): Promise<FileEntry> {
    throw todo()
  }
  append(_path: string, _content: string | Uint8Array, _options?: WriteOptions): Promise<FileEntry> {
    throw todo()
  }
  /** `change` gets `undefined` for an absent file; it is called again when another writer came first. */
  edit(
    _path: string,
    _change: (
      content: Uint8Array<ArrayBuffer> | undefined,
      stat: FileEntry | undefined,
    ) => string | Uint8Array | Promise<string | Uint8Array>,
    _options?: WriteOptions,
  ): Promise<FileEntry> {
    throw todo()
  }
  /** Entries in the order of the writes. */
  writeBatch(_writes: readonly BatchWrite[], _options?: CommitOptions & { parents?: boolean }): Promise<readonly FileEntry[]> {
    throw todo()
  }
  exists(_path: string, _options?: OperationOptions): Promise<boolean> {
    throw todo()
  }
  /** `undefined` if nothing stands there. */
  stat(_path: string, _options?: OperationOptions): Promise<Entry | undefined> {
    throw todo()
  }
  list(_path: string, _options?: ListOptions): AsyncIterable<Entry> {
    throw todo()
  }
  walk(_path: string, _options?: ListOptions): AsyncIterable<Entry> {
    throw todo()
  }
  mkdir(_path: string, _options?: MkdirOptions): Promise<DirectoryEntry> {
    throw todo()
  }
  rmdir(_path: string, _options?: CommitOptions): Promise<void> {
    throw todo()
  }
  remove(_path: string, _options?: RemoveOptions): Promise<void> {
    throw todo()
  }
  restore(_path: string, _options?: RestoreOptions): Promise<Entry> {
    throw todo()
  }
  move(_from: string, _to: string, _options?: MoveOptions): Promise<Entry> {
    throw todo()
  }
  copy(_from: string, _to: string, _options?: MoveOptions & ReadOptions): Promise<FileEntry> {
    throw todo()
  }
  /** Newest first. */
  versions(_path: string, _options?: ListOptions): AsyncIterable<VersionEntry> {
    throw todo()
  }
  rollback(
    _path: string,
    _version: number,
    _options?: CommitOptions & { ifMatch?: WriteOptions['ifMatch'] },
  ): Promise<FileEntry> {
    throw todo()
  }
  usage(_path?: string, _options?: OperationOptions): Promise<Usage> {
    throw todo()
  }
  importTree(_source: string, _path: string, _options?: ImportOptions): Promise<TransferReport> {
    throw todo()
  }
  exportTree(_path: string, _target: string, _options?: ExportOptions): Promise<TransferReport> {
    throw todo()
  }
  /** Waits for calls under way; closes both adapters. Idempotent. */
  close(): Promise<void> {
    throw todo()
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function todo(): NexusError {
  return new NexusError('Unexpected', 'not built yet')
}
