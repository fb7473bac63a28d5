import type { CopiedContents } from '../../content/copy-contents.ts'
import type { NexusPath } from '../../core/path.ts'
import type { LeftOut } from './left-out.ts'

/** Every public call takes these. */
export interface OperationOptions {
  /** Cancels the call: it rejects with `Aborted`. A write whose commit had begun may still be applied, as a whole. */
  readonly signal?: AbortSignal | undefined
}

/** Every call that commits takes these. */
export interface CommitOptions extends OperationOptions {
  /** Who; the author of the open file system if absent. */
  readonly author?: string | undefined
  /** Why: kept in the log and in the version. */
  readonly reason?: string | undefined
}

/** The state that a file must be in, checked at the instant of the commit. */
export interface Preconditions {
  /**
   * The etag, the version, or the digest that the file must have now. An absent file has none: `Conflict`. With a digest, a write whose
   * content (and whatever else it gives) is already there is done: it succeeds, and makes no version. So it can be tried again.
   */
  readonly ifMatch?: string | { readonly version: number } | { readonly digest: string } | undefined
  /** `'*'`: nothing may stand at the path; else `AlreadyExists`. */
  readonly ifNoneMatch?: '*' | undefined
}

/** For calls that put something at a path. */
export interface ParentOptions {
  /** Missing parent directories are made unless this is false; then `NotFound`. */
  readonly parents?: boolean | undefined
}

/** For `write`, `append` and `edit`. */
export interface WriteOptions extends CommitOptions, Preconditions, ParentOptions {
  /** 12 bits, as of `chmod`. Kept from the version before if absent; 0o644 for a new file. */
  readonly mode?: number | undefined
  /** Gives the right to execute to all who may read it, or takes it from all. */
  readonly executable?: boolean | undefined
  /** Instead of the time of the commit. */
  readonly modifiedAt?: Date | undefined
}

/** One file of a batch. */
export interface BatchWrite extends Preconditions {
  readonly path: string
  readonly content: string | Uint8Array
  readonly mode?: number | undefined
  readonly executable?: boolean | undefined
  readonly modifiedAt?: Date | undefined
}

/** For reads of a whole file, and `readlink`. */
export interface ReadOptions extends OperationOptions {
  /** A version of the file or link that stands at the path; the current one if absent. */
  readonly version?: number | undefined
}

/** Which part of a file; it may reach past the end. */
export interface RangeOptions extends ReadOptions {
  /** First byte, from 0. */
  readonly start: number
  /** At most this many bytes; to the end if absent. */
  readonly length?: number | undefined
}

/** For `readStream`: all of it, or a part. */
export interface StreamOptions extends ReadOptions {
  /** First byte; 0 if absent. */
  readonly start?: number | undefined
  /** At most this many bytes; to the end if absent. */
  readonly length?: number | undefined
}

/** For `mkdir`. */
export interface MkdirOptions extends CommitOptions {
  /** Makes missing parents, and takes an existing directory for success. */
  readonly recursive?: boolean | undefined
  /** 12 bits, as of `chmod`, of the directory itself if it is made; 0o755 if absent. Its missing parents get that in any case. */
  readonly mode?: number | undefined
}

/** For `symlink`. */
export interface SymlinkOptions extends CommitOptions, Preconditions, ParentOptions {
  /** Gives a link that stands there a new version with this target, or replaces a file. A directory is never replaced. */
  readonly overwrite?: boolean | undefined
  /** Instead of the time of the commit. */
  readonly modifiedAt?: Date | undefined
}

/** For `chmod`. */
export interface ChmodOptions extends CommitOptions {
  /** For a file. */
  readonly ifMatch?: Preconditions['ifMatch']
}

/** For `utimes`. */
export interface UtimesOptions extends ChmodOptions {
  /** The time of the commit if absent. */
  readonly modifiedAt?: Date | undefined
}

/** For `remove`. */
export interface RemoveOptions extends CommitOptions {
  /** Removes a directory with everything below it. */
  readonly recursive?: boolean | undefined
  /** Takes an absent path for success. */
  readonly force?: boolean | undefined
  /** For a file. */
  readonly ifMatch?: Preconditions['ifMatch']
}

/** For `writeBatch`; what else a write takes stands in each of the writes. */
export interface BatchOptions extends CommitOptions, ParentOptions {}

/** For `rollback`. */
export interface RollbackOptions extends CommitOptions, Pick<Preconditions, 'ifMatch'> {}

/** For `move`. The preconditions are of the destination. */
export interface MoveOptions extends CommitOptions, Preconditions, ParentOptions {
  /** Replaces a file at the destination; true if absent and `ifMatch` names the file to replace. A directory is never replaced. */
  readonly overwrite?: boolean | undefined
}

/** For `copy`. The version is of the source. */
export interface CopyOptions extends MoveOptions, ReadOptions {}

/** For `restore`. */
export interface RestoreOptions extends CommitOptions, ParentOptions {
  /** Where to put it; where it was if absent. */
  readonly to?: string | undefined
}

/** For `list`, `walk` and `versions`. */
export interface ListOptions extends OperationOptions {
  /** Entries fetched in one page, 1 to 10,000; each page is one snapshot. Default: 250, for `versions` 1000. */
  readonly pageSize?: number | undefined
}

/** For `importTree`. */
export interface ImportOptions extends CommitOptions {
  /**
   * Symbolic links: `keep` them as links, wherever they lead (the default); `skip` them; `follow` those that stay inside the source;
   * or `refuse` them all with a list, before anything is imported.
   */
  readonly links?: 'keep' | 'refuse' | 'skip' | 'follow' | undefined
  /**
   * What to leave out: patterns in the form of `.gitignore`, without negation. `*.log` is a name anywhere below the source, `/build` and
   * `docs/*.pdf` begin at it, `cache/` is for directories; `**` stands for any number of names.
   */
  readonly exclude?: readonly string[] | undefined
  /** Removes from the store what is gone at the source; its history stays. What is left out at the source stays as it is. */
  readonly mirror?: boolean | undefined
  /** Reads every file. Else one is taken for unchanged whose size, mode, time and inode are those of the last import. */
  readonly checksum?: boolean | undefined
  /** Looks, counts and tells `onChange`, but reads no file and writes nothing. */
  readonly dryRun?: boolean | undefined
  /** Called for each change, when it is made, or would be. */
  readonly onChange?: ((change: ImportChange) => void) | undefined
  /** Called after each batch. */
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined
}

/** What an import does to one path of the store. */
export interface ImportChange {
  readonly kind: 'add' | 'change' | 'remove'
  readonly path: NexusPath
}

/** For `exportTree`. */
export interface ExportOptions extends OperationOptions {
  /** For a single file: this version. */
  readonly version?: number | undefined
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined
}

/** For `backup`. */
export interface BackupOptions extends OperationOptions {
  /** Reads again what an earlier backup left, and repairs it; without, the size of a blob is enough. */
  readonly verify?: boolean | undefined
  /** Called after each content. */
  readonly onProgress?: ((progress: CopiedContents) => void) | undefined
}

/** What a backup holds, and what of it is new; sizes in bytes. */
export interface BackupReport extends CopiedContents {
  readonly metadataBytes: number
}

/** How far an import or export has come. */
export interface TransferProgress {
  readonly files: number
  readonly directories: number
  readonly links: number
  /** Logical bytes so far. */
  readonly bytes: number
  /** What will be transferred in all, once it is known. */
  readonly totalFiles?: number | undefined
  readonly totalBytes?: number | undefined
}

/** What an import or export did. */
export interface TransferReport extends TransferProgress {
  /** Files and links that were already there, the same with mode and time: no new version was made. */
  readonly unchanged: number
  /** Of an import with `mirror`: names that were removed; a directory counts once, whatever is in it. */
  readonly removed: number
  /** What was left out, and why; empty if all was transferred. */
  readonly leftOut: readonly LeftOut[]
  /** How many of these nobody asked to leave out: what is excluded, skipped or a store of Nexus does not count. */
  readonly failed: number
}

/** What `usage` counts; sizes in bytes. */
export interface Usage {
  readonly files: number
  readonly directories: number
  /** Symbolic links. */
  readonly links: number
  /** Versions of these files, current ones included. */
  readonly versions: number
  /** Bytes of the current versions as a reader sees them. */
  readonly logicalBytes: number
  /** Bytes of all these versions as a reader sees them. */
  readonly historyBytes: number
  /** Versions of files that were removed or replaced here and can be restored, with files of removed directories, and their bytes. */
  readonly removedVersions: number
  readonly removedBytes: number
  /** Of the root only: bytes of content that the store holds, each content counted once. Nobody stores a content for one path alone. */
  readonly storedBytes: number | undefined
  /** Of the root only: `(historyBytes + removedBytes) / storedBytes`; 1 if nothing is stored. */
  readonly dedupRatio: number | undefined
}
