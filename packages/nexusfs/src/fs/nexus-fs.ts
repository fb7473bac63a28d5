import type { ReadableStream } from 'node:stream/web'
import type { NexusPath } from '../core/path.ts'
import type { FsContext } from './commit/context.ts'
import type { DirectoryEntry, Entry, FileEntry, LinkEntry, VersionEntry } from './model/entry.ts'
import type { NexusFSInfo, NexusFSOptions } from './model/open-options.ts'
import type {
  BackupOptions,
  BackupReport,
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
  TransferReport,
  Usage,
  UtimesOptions,
  WriteOptions,
} from './model/options.ts'
import { noOptions } from './model/take-options.ts'
import { closeFileSystem, openFileSystem } from './open/open-file-system.ts'
import { Calls } from './operations/calls.ts'
import { copy, rollback } from './operations/copy.ts'
import { mkdir, rmdir } from './operations/directories.ts'
import { append, type Change, edit, refuseCloseInEdit, truncate, writeAt } from './operations/edit.ts'
import { move } from './operations/move.ts'
import { Given, keptContent, keptWrites } from './operations/own-bytes.ts'
import { read, readRange, readStream, readText, readWithStat } from './operations/read.ts'
import { remove } from './operations/remove.ts'
import { restore } from './operations/restore.ts'
import { chmod, utimes } from './operations/set-attributes.ts'
import { exists, listPages, lstat, stat, versionPages, walkPages } from './operations/stat.ts'
import { type StreamBody, toWebStream } from './operations/streams.ts'
import { readlink, realpath, symlink } from './operations/symlinks.ts'
import { usage } from './operations/usage.ts'
import { write, writeBatch, writeStream } from './operations/write.ts'
import { backup } from './transfer/backup.ts'
import { exportTree } from './transfer/export-tree.ts'
import { importTree } from './transfer/import-tree.ts'

/**
 * A file system over a storage backend and a metadata store. Every call may be made at the same time as any other, from any number
 * of processes if both layers are shared. A call that fails throws a `NexusError`; a call that returned is as durable as
 * `info.durability` says. Paths are absolute; see `parsePath` for their form.
 * @example
 * await using nexus = await openNexus('./data')
 * await nexus.write('/notes/a.md', 'first')
 */
export class NexusFS implements AsyncDisposable {
  readonly info: NexusFSInfo
  readonly #fs: FsContext
  readonly #calls: Calls
  #closing: Promise<void> | undefined

  private constructor(fs: FsContext, info: NexusFSInfo) {
    this.#fs = fs
    this.info = info
    this.#calls = new Calls(info.readOnly)
  }

  /**
   * Opens the store that the two layers hold; creates one in an empty metadata store. Both layers are closed with it, also if this fails.
   * @throws {NexusError} InvalidArgument for wrong options and for adapters that lack a member, NotFound if there is no store and
   * `create` is false, Unsupported if it has a newer format or an adapter is written for another version of its port, Corrupt (reason
   * `rolled back` if the metadata store has gone back), and what the metadata store throws
   */
  static async open(given: NexusFSOptions): Promise<NexusFS> {
    const { fs, info } = await openFileSystem(given)
    return new NexusFS(fs, info)
  }

  /**
   * The content of a file, in an array that belongs to the caller; verified against its digest.
   * @throws {NexusError} NotFound, IsADirectory, NotADirectory, Corrupt
   */
  read(path: string, options: ReadOptions = noOptions): Promise<Uint8Array<ArrayBuffer>> {
    return this.#calls.run('read', path, options, (own) => read(this.#fs, path, own))
  }

  /** The content as UTF-8 text; bytes that are not UTF-8 become U+FFFD. Throws as `read`. */
  readText(path: string, options: ReadOptions = noOptions): Promise<string> {
    return this.#calls.run('readText', path, options, (own) => readText(this.#fs, path, own))
  }

  /** Content and entry from one snapshot, for compare-and-set. Throws as `read`. */
  readWithStat(path: string, options: ReadOptions = noOptions): Promise<{ content: Uint8Array<ArrayBuffer>; stat: FileEntry }> {
    return this.#calls.run('readWithStat', path, options, (own) => readWithStat(this.#fs, path, own))
  }

  /** A part of the content; past the end there are no bytes. Throws as `read`, and InvalidArgument for negative or broken numbers. */
  readRange(path: string, options: RangeOptions): Promise<Uint8Array<ArrayBuffer>> {
    return this.#calls.run('readRange', path, options, (own) => readRange(this.#fs, path, own))
  }

  /**
   * The content of a file, or a part of it, as a Web stream, which is also an async iterable. Nothing is read before it is asked for, and each
   * piece, of at most 1 MiB, is verified before it is handed out. It stays the version that stood there when it was first asked for.
   * Cancelled, or left early, it reads no more. Errors are those of `readRange`, by the stream.
   */
  readStream(path: string, options: StreamOptions = noOptions): ReadableStream<Uint8Array<ArrayBuffer>> {
    return toWebStream(this.#calls.pages('readStream', path, options, (own) => readStream(this.#fs, path, own)))
  }

  /**
   * Writes a new version of a file, or a new file; missing parents are made. A buffer is copied before anything is awaited.
   * @throws {NexusError} Conflict (`ifMatch`), AlreadyExists (`ifNoneMatch`), IsADirectory, NotADirectory, NotFound (`parents: false`),
   * NoSpace, ReadOnly
   */
  write(path: string, content: string | Uint8Array, options: WriteOptions = noOptions): Promise<FileEntry> {
    const given = new Given(content, keptContent)
    return this.#calls.run('write', path, options, (own) => write(this.#fs, path, given.value, own), given)
  }

  /**
   * The same with content that comes in pieces, of any length: a Web or Node stream, a generator, the body of a `Request`. Little of it is in
   * memory at a time, and the body is asked for more when there is room. The file changes in one commit behind the last piece; if the body
   * fails, or the call, nothing is changed. Throws as `write`, and what the body throws.
   */
  writeStream(path: string, body: StreamBody, options: WriteOptions = noOptions): Promise<FileEntry> {
    return this.#calls.run('writeStream', path, options, (own) => writeStream(this.#fs, path, body, own))
  }

  /**
   * Puts bytes over those of a file from an offset on, in a new version; an offset behind its end leaves zeros between. Of large content only
   * the chunks that change are stored; all of it is read. Throws as `write`, and NotFound.
   */
  writeAt(path: string, offset: number, content: string | Uint8Array, options: WriteOptions = noOptions): Promise<FileEntry> {
    const given = new Given(content, keptContent)
    return this.#calls.run('writeAt', path, options, (own) => writeAt(this.#fs, path, offset, given.value, own), given)
  }

  /** Cuts a file to a size in bytes, or fills it up with zeros, in a new version. Throws as `writeAt`. */
  truncate(path: string, size: number, options: WriteOptions = noOptions): Promise<FileEntry> {
    return this.#calls.run('truncate', path, options, (own) => truncate(this.#fs, path, size, own))
  }

  /** Adds to the end of a file, or makes it; several appenders at once all get their bytes in. Throws as `write`. */
  append(path: string, content: string | Uint8Array, options: WriteOptions = noOptions): Promise<FileEntry> {
    const given = new Given(content, keptContent)
    return this.#calls.run('append', path, options, (own) => append(this.#fs, path, given.value, own), given)
  }

  /**
   * Reads, changes, writes, and begins anew when another writer came first, so that no update is lost. `change` gets `undefined` for
   * an absent file; it may be called several times, and cannot edit the same path itself (`InvalidArgument`). Throws as it and `write`.
   */
  edit(path: string, change: Change, options: WriteOptions = noOptions): Promise<FileEntry> {
    return this.#calls.run('edit', path, options, (own) => edit(this.#fs, path, change, own))
  }

  /**
   * Writes many files in one commit, all or none; entries in the order of the writes. A path that is written twice gets one version,
   * with the last content.
   * @throws {NexusError} as `write`, and InvalidArgument, before any upload, for more than fits into a commit (about 2,400 files)
   */
  writeBatch(writes: readonly BatchWrite[], options: BatchOptions = noOptions): Promise<readonly FileEntry[]> {
    const given = new Given(writes, keptWrites)
    return this.#calls.run('writeBatch', '', options, (own) => writeBatch(this.#fs, given.value, own), given)
  }

  /**
   * Makes a symbolic link: a name that stands for another path, whether or not anything is there. Calls follow links as POSIX says:
   * on the way to a path always, at its end all but `lstat`, `readlink`, `remove`, `rmdir`, `move`, `restore` and `symlink`; a write to a
   * link whose target is missing makes the target. `..` never leads out of the root. More than 40 links: `InvalidPath`.
   * @param target a path, absolute or from the directory of the link; 1 to 4,096 bytes, kept as it is
   * @throws {NexusError} InvalidArgument (target), AlreadyExists (unless `overwrite`), Conflict (`ifMatch`), IsADirectory, NotADirectory,
   * NotFound (`parents: false`)
   */
  symlink(target: string, path: string, options: SymlinkOptions = noOptions): Promise<LinkEntry> {
    return this.#calls.run('symlink', path, options, (own) => symlink(this.#fs, target, path, own))
  }

  /** The target of a link, as it was given. @throws {NexusError} NotFound, InvalidArgument if it is not a link */
  readlink(path: string, options: ReadOptions = noOptions): Promise<string> {
    return this.#calls.run('readlink', path, options, (own) => readlink(this.#fs, path, own))
  }

  /** The same file or directory by the path that has no link on its way. @throws {NexusError} NotFound, also for a link to nothing */
  realpath(path: string, options: OperationOptions = noOptions): Promise<NexusPath> {
    return this.#calls.run('realpath', path, options, (own) => realpath(this.#fs, path, own))
  }

  /**
   * Sets the 12 mode bits of a file or directory; they are kept, and not enforced. A file gets a new version with the same content and
   * `modifiedAt`.
   * @throws {NexusError} NotFound, InvalidArgument for another number or the root, Conflict (`ifMatch`)
   */
  chmod(path: string, mode: number, options: ChmodOptions = noOptions): Promise<Entry> {
    return this.#calls.run('chmod', path, options, (own) => chmod(this.#fs, path, mode, own))
  }

  /**
   * Sets `modifiedAt` of a file or directory. A file gets a new version with the same content.
   * @throws {NexusError} NotFound, InvalidArgument for the root, Conflict (`ifMatch`)
   */
  utimes(path: string, options: UtimesOptions = noOptions): Promise<Entry> {
    return this.#calls.run('utimes', path, options, (own) => utimes(this.#fs, path, own))
  }

  /** True if a file or a directory stands at the path; false for a link to nothing. */
  exists(path: string, options: OperationOptions = noOptions): Promise<boolean> {
    return this.#calls.run('exists', path, options, (own) => exists(this.#fs, path, own))
  }

  /** What stands at the path; `undefined` if nothing does. */
  stat(path: string, options: OperationOptions = noOptions): Promise<Entry | undefined> {
    return this.#calls.run('stat', path, options, (own) => stat(this.#fs, path, own))
  }

  /** The same, but of a link itself. */
  lstat(path: string, options: OperationOptions = noOptions): Promise<Entry | undefined> {
    return this.#calls.run('lstat', path, options, (own) => lstat(this.#fs, path, own))
  }

  /**
   * The entries of a directory, in byte order of their names.
   * @throws {NexusError} NotFound, NotADirectory; Conflict if the directory is replaced while it is listed
   */
  list(path: string, options: ListOptions = noOptions): AsyncGenerator<Entry, void, undefined> {
    return this.#calls.pages('list', path, options, (own) => listPages(this.#fs, path, own))
  }

  /** Everything below a directory: a directory before what is in it, names in byte order. Throws as `list`. */
  walk(path: string, options: ListOptions = noOptions): AsyncGenerator<Entry, void, undefined> {
    return this.#calls.pages('walk', path, options, (own) => walkPages(this.#fs, path, own))
  }

  /**
   * Makes a directory.
   * @throws {NexusError} AlreadyExists (a directory: unless `recursive`), NotFound if a parent is missing and `recursive` is not given
   */
  mkdir(path: string, options: MkdirOptions = noOptions): Promise<DirectoryEntry> {
    return this.#calls.run('mkdir', path, options, (own) => mkdir(this.#fs, path, own))
  }

  /** Removes an empty directory. @throws {NexusError} NotEmpty, NotFound, NotADirectory */
  rmdir(path: string, options: CommitOptions = noOptions): Promise<void> {
    return this.#calls.run('rmdir', path, options, (own) => rmdir(this.#fs, path, own))
  }

  /**
   * Removes a file, or with `recursive` a directory and all below it, in one commit. `restore` brings it back. Gives false if nothing was
   * there, which `force` takes for success.
   * @throws {NexusError} NotFound (unless `force`), IsADirectory (unless `recursive`), Conflict (`ifMatch`)
   */
  remove(path: string, options: RemoveOptions = noOptions): Promise<boolean> {
    return this.#calls.run('remove', path, options, (own) => remove(this.#fs, path, own))
  }

  /**
   * Brings back what was removed from (or replaced at) a path last, with its whole history. Out of a directory that was removed, one file
   * or directory comes back alone: it leaves the removed tree, and the directory is made anew.
   * @throws {NexusError} NotFound if there is nothing to bring back, AlreadyExists if something stands at the target
   */
  restore(path: string, options: RestoreOptions = noOptions): Promise<Entry> {
    return this.#calls.run('restore', path, options, (own) => restore(this.#fs, path, own))
  }

  /**
   * Moves a file with its versions, or a directory with all below it, in one commit; missing parents are made.
   * @throws {NexusError} NotFound, AlreadyExists (a file: unless `overwrite`; `ifNoneMatch`), Conflict (`ifMatch` of the destination),
   * IsADirectory, NotADirectory, InvalidArgument below itself
   */
  move(from: string, to: string, options: MoveOptions = noOptions): Promise<Entry> {
    return this.#calls.run('move', from, options, (own) => move(this.#fs, from, to, own))
  }

  /**
   * Copies a file without storing its content again. With `overwrite`, the destination gets a new version.
   * @throws {NexusError} NotFound, IsADirectory, AlreadyExists (unless `overwrite`; `ifNoneMatch`), Conflict (`ifMatch` of the destination)
   */
  copy(from: string, to: string, options: CopyOptions = noOptions): Promise<FileEntry> {
    return this.#calls.run('copy', from, options, (own) => copy(this.#fs, from, to, own))
  }

  /**
   * The versions of a file, newest first; where nothing stands, of the file that was removed last, also with a directory above it.
   * @throws {NexusError} NotFound, IsADirectory
   */
  versions(path: string, options: ListOptions = noOptions): AsyncGenerator<VersionEntry, void, undefined> {
    return this.#calls.pages('versions', path, options, (own) => versionPages(this.#fs, path, own))
  }

  /** Writes a new version with the content of an older one. @throws {NexusError} NotFound (no such version), Conflict (`ifMatch`) */
  rollback(path: string, version: number, options: RollbackOptions = noOptions): Promise<FileEntry> {
    return this.#calls.run('rollback', path, options, (own) => rollback(this.#fs, path, version, own))
  }

  /** Counts what is below a path, and what the whole store holds, by walking. */
  usage(path = '/', options: OperationOptions = noOptions): Promise<Usage> {
    return this.#calls.run('usage', path, options, (own) => usage(this.#fs, path, own))
  }

  /**
   * Brings a directory (or a file) of the local file system in: content, links, modes, times, empty directories. It goes in batches,
   * each one commit; a large file is stored while it is read. Run again after an interruption, it goes on: what is the same already gets no new
   * version. What cannot be imported is left out and listed in `leftOut`, and so is a store of Nexus below the source, this one or another.
   * @throws {NexusError} InvalidArgument with a list of links, if they are to be refused, or if the source is a store or lies inside one;
   * NotADirectory, IsADirectory if what stands at the path is of another kind than the source; for the source itself also NotFound,
   * PermissionDenied, Conflict (it changes all the time)
   */
  importTree(source: string, path: string, options: ImportOptions = noOptions): Promise<TransferReport> {
    return this.#calls.run('importTree', path, options, (own) => importTree(this.#fs, source, path, own))
  }

  /**
   * Writes a directory (or a file) out to the local file system: content, links, modes, times; only verified content is written,
   * a large file while it is read. What is damaged is left out and listed in `leftOut`. Interrupted, or with something left out, it is finished when it is called again.
   * @throws {NexusError} AlreadyExists if the target is there, is not an empty directory and holds no unfinished export of the same
   * directory of this store; InvalidArgument if it is, holds or lies inside a store that this process has open; NoSpace; Corrupt if the
   * one file to be exported is damaged
   */
  exportTree(path: string, target: string, options: ExportOptions = noOptions): Promise<TransferReport> {
    return this.#calls.run('exportTree', path, options, (own) => exportTree(this.#fs, path, target, own))
  }

  /**
   * Copies the whole store, with its history, into a local folder that `openNexus` opens as a store: the metadata as one commit left
   * it, and the contents that it names, each checked against its digest. Everybody goes on writing meanwhile. Into a folder that holds a
   * backup of this store, only what is new is copied. Killed, it leaves the backup before whole, and goes on when it is called again.
   * Contents that are missing or damaged are left out and listed in `damaged`.
   * @throws {NexusError} Unsupported unless the metadata store has the capability `backup` (SQLite), AlreadyExists if the folder holds
   * anything else, or a backup that was written to since, InvalidArgument if it is, holds or lies inside a store, NoSpace, Aborted
   */
  backup(folder: string, options: BackupOptions = noOptions): Promise<BackupReport> {
    return this.#calls.run('backup', folder, options, (own) => backup(this.#fs, folder, own))
  }

  /**
   * Waits for calls under way, gives back what this process holds in the store, and closes both layers. Idempotent.
   * @throws {NexusError} InvalidArgument inside the change of an `edit`, which it would wait for
   */
  async close(): Promise<void> {
    if (this.#closing === undefined) refuseCloseInEdit(this.#fs.turns)
    this.#closing ??= this.#calls.close().then(() => closeFileSystem(this.#fs))
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
