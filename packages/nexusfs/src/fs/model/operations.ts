import type {
  BackupOptions,
  BatchOptions,
  BatchWrite,
  ChmodOptions,
  CommitOptions,
  CopyOptions,
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
  RollbackOptions,
  StreamOptions,
  SymlinkOptions,
  UtimesOptions,
  WriteOptions,
} from './options.ts'

/** What the methods of `NexusFS` take as their last argument. */
export interface OptionsByOperation {
  readonly read: ReadOptions
  readonly readText: ReadOptions
  readonly readWithStat: ReadOptions
  readonly readRange: RangeOptions
  readonly readStream: StreamOptions
  readonly write: WriteOptions
  readonly writeStream: WriteOptions
  readonly writeAt: WriteOptions
  readonly truncate: WriteOptions
  readonly append: WriteOptions
  readonly edit: WriteOptions
  readonly writeBatch: BatchOptions
  readonly symlink: SymlinkOptions
  readonly readlink: ReadOptions
  readonly realpath: OperationOptions
  readonly chmod: ChmodOptions
  readonly utimes: UtimesOptions
  readonly exists: OperationOptions
  readonly stat: OperationOptions
  readonly lstat: OperationOptions
  readonly list: ListOptions
  readonly walk: ListOptions
  readonly mkdir: MkdirOptions
  readonly rmdir: CommitOptions
  readonly remove: RemoveOptions
  readonly restore: RestoreOptions
  readonly move: MoveOptions
  readonly copy: CopyOptions
  readonly versions: ListOptions
  readonly rollback: RollbackOptions
  readonly usage: OperationOptions
  readonly importTree: ImportOptions
  readonly exportTree: ExportOptions
  readonly backup: BackupOptions
}

export type OperationName = keyof OptionsByOperation

/** What is known of an operation before it runs. */
export interface Operation<Name extends OperationName = OperationName> {
  /** Its arguments before the options, for people. */
  readonly arguments: string
  /** The options that it takes; any other is refused before any I/O. */
  readonly options: Named<OptionsOf<Name>>
  /** True if it commits. */
  readonly mutates: boolean
}

type OptionsOf<Name extends OperationName> = keyof OptionsByOperation[Name]

type Named<Name extends PropertyKey> = Readonly<Record<Name, true>>

/** Every option of every operation, and of a write in a batch. */
export type OptionName = { [Name in OperationName]: OptionsOf<Name> }[OperationName] | keyof BatchWrite

const always = { signal: true } as const
const commit = { author: true, reason: true, ...always } as const
const preconditions = { ifMatch: true, ifNoneMatch: true } as const
const fileFacts = { mode: true, executable: true, modifiedAt: true } as const
const read = { version: true, ...always } as const
const imported = {
  links: true,
  exclude: true,
  mirror: true,
  checksum: true,
  dryRun: true,
  onChange: true,
  onProgress: true,
  ...commit,
} as const
const page = { pageSize: true, ...always } as const
const write = { ...preconditions, parents: true, ...fileFacts, ...commit } as const
const put = { overwrite: true, ...preconditions, parents: true, ...commit } as const

/**
 * The operations of `NexusFS`. From this table come the check of the options of every call, the table of options in
 * docs/guide/api.md, and the tests that go over all operations. A new operation is a method, a function and a row here.
 */
export const operations: { readonly [Name in OperationName]: Operation<Name> } = {
  read: { arguments: 'path', options: read, mutates: false },
  readText: { arguments: 'path', options: read, mutates: false },
  readWithStat: { arguments: 'path', options: read, mutates: false },
  readRange: { arguments: 'path', options: { start: true, length: true, ...read }, mutates: false },
  readStream: { arguments: 'path', options: { start: true, length: true, ...read }, mutates: false },
  write: { arguments: 'path, content', options: write, mutates: true },
  writeStream: { arguments: 'path, body', options: write, mutates: true },
  writeAt: { arguments: 'path, offset, content', options: write, mutates: true },
  truncate: { arguments: 'path, size', options: write, mutates: true },
  append: { arguments: 'path, content', options: write, mutates: true },
  edit: { arguments: 'path, change', options: write, mutates: true },
  writeBatch: { arguments: 'writes', options: { parents: true, ...commit }, mutates: true },
  symlink: {
    arguments: 'target, path',
    options: { overwrite: true, ...preconditions, parents: true, modifiedAt: true, ...commit },
    mutates: true,
  },
  chmod: { arguments: 'path, mode', options: { ifMatch: true, ...commit }, mutates: true },
  utimes: { arguments: 'path', options: { modifiedAt: true, ifMatch: true, ...commit }, mutates: true },
  exists: { arguments: 'path', options: always, mutates: false },
  stat: { arguments: 'path', options: always, mutates: false },
  lstat: { arguments: 'path', options: always, mutates: false },
  readlink: { arguments: 'path', options: read, mutates: false },
  realpath: { arguments: 'path', options: always, mutates: false },
  list: { arguments: 'path', options: page, mutates: false },
  walk: { arguments: 'path', options: page, mutates: false },
  mkdir: { arguments: 'path', options: { recursive: true, mode: true, ...commit }, mutates: true },
  rmdir: { arguments: 'path', options: commit, mutates: true },
  remove: { arguments: 'path', options: { recursive: true, force: true, ifMatch: true, ...commit }, mutates: true },
  restore: { arguments: 'path', options: { to: true, parents: true, ...commit }, mutates: true },
  move: { arguments: 'from, to', options: put, mutates: true },
  copy: { arguments: 'from, to', options: { version: true, ...put }, mutates: true },
  versions: { arguments: 'path', options: page, mutates: false },
  rollback: { arguments: 'path, version', options: { ifMatch: true, ...commit }, mutates: true },
  usage: { arguments: 'path', options: always, mutates: false },
  importTree: {
    arguments: 'source, path',
    options: imported,
    mutates: true,
  },
  exportTree: { arguments: 'path, target', options: { version: true, onProgress: true, ...always }, mutates: false },
  backup: { arguments: 'folder', options: { verify: true, onProgress: true, ...always }, mutates: false },
}

/** What a write in a batch has. */
export const batchWriteFields: Named<keyof BatchWrite> = { path: true, content: true, ...preconditions, ...fileFacts }
