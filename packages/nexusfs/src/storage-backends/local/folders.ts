import { dirname, join } from 'node:path'
import { NexusError } from '../../core/errors.ts'
import { errnoOf } from '../../engine-kit/error-table.ts'
import { allOrThrow } from '../../engine-kit/parallel.ts'
import type { BlobFile } from './backend-state.ts'
import type { FileCalls } from './file-calls.ts'
import type { FolderSync } from './folder-sync.ts'
import type { RootFolders } from './open-root.ts'

const hexShards: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const digestName = /^[0-9a-f]{64}/
/** Folders remembered; past it, all are looked at again. */
const maxRemembered = 65_536

/**
 * Makes the folders of shards and makes sure that they are what they seem. A folder is looked at once, at its first use: later calls
 * cost a look-up in a set.
 */
export class Folders {
  readonly #calls: FileCalls
  readonly #root: RootFolders
  readonly #sync: FolderSync | undefined
  /** Paths of shards that are real folders. */
  readonly #checked = new Set<string>()
  /** Those of them whose own names are durable, as are the names of all folders above. */
  readonly #ready = new Set<string>()
  readonly #groups = new Map<string, Promise<void>>()

  /** Without a `FolderSync`, nothing is made durable. */
  constructor(calls: FileCalls, root: RootFolders, sync: FolderSync | undefined) {
    this.#calls = calls
    this.#root = root
    this.#sync = sync
  }

  /**
   * Runs work that needs the shard's folder. The folder is made first if this process has not used it yet, and made again, once, if
   * the work finds that somebody has removed it (ENOENT).
   * @throws {NexusError} Unavailable if it disappears again, or the root is gone; and what the work throws
   */
  withShard<Value>(file: BlobFile, work: () => Promise<Value>): Promise<Value> {
    const repair = (): Promise<void> => {
      this.#forget(file)
      return this.#prepare(file)
    }
    if (this.#ready.has(file.folder)) return this.#orAgain(work, repair)
    return this.#orAgain(async () => {
      await this.#prepare(file)
      return work()
    }, repair)
  }

  /** The same for the folder of bodies on their way in. */
  withTemporary<Value>(work: () => Promise<Value>): Promise<Value> {
    return this.#orAgain(work, () => this.#make(this.#root.temporary))
  }

  /** Whether blobs can be read from the shard's folder without looking at it first. */
  isChecked(file: BlobFile): boolean {
    return this.#checked.has(file.folder)
  }

  /**
   * @throws {NexusError} PermissionDenied if the shard's folder is not where its path says; an ENOENT error if it does not exist
   */
  async check(file: BlobFile): Promise<void> {
    const real = await this.#calls.realPath(file.folder)
    if (real !== file.folder) {
      throw new NexusError('PermissionDenied', `storage: ${file.folder} leads to ${real}`, { advice: 'remove the symbolic link' })
    }
    remember(this.#checked, file.folder)
  }

  /**
   * Tells a blob that is absent from a whole root that is gone, such as one that is not mounted. `cause` is the ENOENT that raised
   * the question.
   * @throws {NexusError} Unavailable if the root is gone
   */
  async refuseMissingRoot(cause: unknown): Promise<void> {
    try {
      await this.#calls.look(this.#root.blobs)
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
      throw new NexusError('Unavailable', `storage: ${this.#root.blobs} is gone`, { advice: 'mount or restore it', cause })
    }
  }

  async #orAgain<Value>(work: () => Promise<Value>, repair: () => Promise<unknown>): Promise<Value> {
    try {
      return await work()
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
      await this.refuseMissingRoot(error)
    }
    await repair()
    try {
      return await work()
    } catch (cause) {
      if (errnoOf(cause) !== 'ENOENT') throw cause
      throw new NexusError('Unavailable', `storage: somebody removes files in ${this.#root.root}`, { advice: 'stop that', cause })
    }
  }

  #forget(file: BlobFile): void {
    this.#groups.delete(file.group)
    this.#checked.clear()
    this.#ready.clear()
  }

  async #prepare(file: BlobFile): Promise<void> {
    await this.#prepareGroup(file)
    if (this.#ready.has(file.folder)) return
    await this.#make(file.folder)
    await this.check(file)
    await this.#sync?.sync(dirname(file.folder))
    remember(this.#ready, file.folder)
  }

  #prepareGroup(file: BlobFile): Promise<void> {
    const running = this.#groups.get(file.group)
    if (running !== undefined) return running
    const preparing = this.#makeGroup(join(this.#root.blobs, file.group), file)
    preparing.catch(() => this.#groups.delete(file.group))
    if (this.#groups.size >= maxRemembered) this.#groups.clear()
    this.#groups.set(file.group, preparing)
    return preparing
  }

  /**
   * Group and shards are made durable also if they were there: another process may have made them a moment ago.
   * If the key has a digest, all 256 shards are made at once, so that no later put of one waits for a new folder.
   */
  async #makeGroup(folder: string, file: BlobFile): Promise<void> {
    await this.#make(folder)
    const real = await this.#calls.realPath(folder)
    if (real !== folder)
      throw new NexusError('PermissionDenied', `storage: ${folder} leads to ${real}`, { advice: 'remove the symbolic link' })
    const found = (await this.#calls.readFolder(folder)).filter((entry) => entry.isDirectory()).map(({ name }) => name)
    const missing = digestName.test(file.name) ? hexShards.filter((shard) => !found.includes(shard)) : []
    const made = await allOrThrow(missing.map(async (shard) => ((await this.#make(join(folder, shard))) ? [shard] : [])))
    const sync = this.#sync
    if (sync !== undefined) await allOrThrow([folder, this.#root.blobs, this.#root.root].map((each) => sync.sync(each)))
    for (const shard of [...found, ...made.flat()]) {
      remember(this.#checked, join(folder, shard))
      remember(this.#ready, join(folder, shard))
    }
  }

  /** False if something of that name was there. */
  async #make(folder: string): Promise<boolean> {
    try {
      await this.#calls.makeFolder(folder)
      return true
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false
      throw error
    }
  }
}

function remember(folders: Set<string>, folder: string): void {
  if (folders.size >= maxRemembered) folders.clear()
  folders.add(folder)
}
