import type { DurabilityClass } from '../library.ts'

/**
 * What a workload acts on: a combination of Nexus, or a baseline. All of them are driven by the same code, one call of the
 * subject for one act of the workload. Paths begin with `/`.
 */
export interface Subject {
  readonly traits: SubjectTraits

  /** Resolves with the version that was written, where there are versions. */
  write(path: string, content: Uint8Array, options: { readonly isNew: boolean }): Promise<number | undefined>
  /** Adds to the end of a file that is there; resolves as `write`. */
  append(path: string, content: Uint8Array): Promise<number | undefined>
  /** Versions in the order of the files. */
  writeBatch(files: readonly SubjectFile[]): Promise<readonly (number | undefined)[]>
  /** Removes a file; of Nexus its versions stay. */
  remove(path: string): Promise<void>
  read(path: string): Promise<Uint8Array>
  exists(path: string): Promise<boolean>
  /** Names in a directory, in any order. */
  list(path: string): Promise<readonly string[]>
  /** Names and sizes in a directory, in any order. */
  listWithSizes(path: string): Promise<readonly { readonly name: string; readonly size: number }[]>

  /**
   * Fills the location before the clock starts: the files are as durable as those of `write` when it returns, but nobody counts
   * the time.
   */
  preload(files: readonly SubjectFile[]): Promise<void>
  /** Whether the file holds exactly these bytes; for a version, whether that version does. Bypasses content caches. */
  holds(path: string, content: Uint8Array, version?: number): Promise<boolean>
  /** What is stored now. */
  inventory(): Promise<Inventory>
  /** Calls of fsync since the opening; `undefined` where the subject cannot know them. */
  fsyncs(): number | undefined
  /** Folder with all of the subject's files, whose pages can be dropped; `undefined` if it keeps none. */
  readonly folder: string | undefined

  /** Closes it, awaits `whileClosed`, and opens it again with the same files: whatever it kept in memory is gone. */
  reopen(whileClosed: () => Promise<void>): Promise<void>
  /** Closes it and removes all that it stored. Idempotent. */
  dispose(): Promise<void>
}

export interface SubjectTraits {
  /** What an acknowledged write survives, as found at the opening. */
  readonly durability: DurabilityClass
  /** An overwrite keeps the version before. */
  readonly keepsVersions: boolean
  /** A reader sees the old or the new file, never a mixture. */
  readonly isAtomic: boolean
  /** Facts worth recording: names, versions, settings. */
  readonly settings: Readonly<Record<string, string>>
}

export interface SubjectFile {
  readonly path: string
  readonly content: Uint8Array
}

export interface Inventory {
  readonly files: number
  /** Versions of all files; equal to `files` where there are none. */
  readonly versions: number
  /** Bytes of content that are stored, each content once where equal bytes are shared. */
  readonly storedBytes: number
  /** Bytes of disk that the subject's folder occupies, its own records included; `undefined` without a folder. */
  readonly diskBytes: number | undefined
}
