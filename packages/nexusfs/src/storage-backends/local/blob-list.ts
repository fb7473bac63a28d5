import type { Dirent } from 'node:fs'
import { join } from 'node:path'
import { throwIfAborted } from '../../core/errors.ts'
import { errnoOf } from '../../engine-kit/error-table.ts'
import { mapBounded } from '../../engine-kit/parallel.ts'
import { type BlobPage, blobKeyPattern, type ListedBlob, type ListOptions } from '../../storage/storage-backend.ts'
import { type BackendState, blobFileOf, keyOfLocation, locationOfKey, singlesGroup } from './backend-state.ts'
import { statBlob } from './read.ts'

/**
 * One page of keys in order. Reads the folders that hold the page, and no shard before or behind it.
 * What is not a file of a put, such as a temporary file, is passed over.
 */
export async function listBlobs(state: BackendState, options: ListOptions, limit: number): Promise<BlobPage> {
  const keys: string[] = []
  for await (const key of new KeysInOrder(state, options)) {
    throwIfAborted(options.signal, 'storage.list')
    keys.push(key)
    if (keys.length > limit) break
  }
  const page = keys.slice(0, limit)
  const sizes = await mapBounded(page, (key) => statBlob(state, blobFileOf(state, key)))
  const blobs = page.flatMap((key, index): ListedBlob[] => {
    const size = sizes[index]?.size
    return size === undefined ? [] : [{ key, size }]
  })
  // A blob may have been deleted since its name was read, so that the last key of the page need not be among its blobs.
  return keys.length > limit ? { blobs, next: page.at(-1) } : { blobs }
}

class KeysInOrder implements AsyncIterable<string> {
  readonly #state: BackendState
  readonly #prefix: string
  readonly #after: string

  constructor(state: BackendState, { prefix = '', after = '' }: ListOptions) {
    this.#state = state
    this.#prefix = prefix
    this.#after = after
  }

  /**
   * By the first two characters of a key: all keys of a group have the same, and those of one segment are sharded by them. Within,
   * a group stands where its name and "/" stand, since that is how its keys begin and no key of one segment has a "/".
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, void> {
    const groups = (await this.#folders('')).filter((name) => name !== singlesGroup).map((name) => `${name}/`)
    const singles = new Set(await this.#folders(singlesGroup))
    for (const start of [...new Set([...groups.map((group) => group.slice(0, 2)), ...singles])].sort()) {
      if (!this.#mayHold(start)) continue
      const keys = singles.has(start) ? await this.#keys(singlesGroup, start) : []
      const starts = [...keys, ...groups.filter((group) => group.startsWith(start))].sort()
      for (const each of starts) {
        if (each.endsWith('/')) yield* this.#group(each.slice(0, -1))
        else yield each
      }
    }
  }

  async *#group(group: string): AsyncGenerator<string, void, void> {
    if (!this.#mayHold(`${group}/`)) return
    for (const shard of (await this.#folders(group)).sort()) {
      if (this.#mayHold(`${group}/${shard}`)) yield* await this.#keys(group, shard)
    }
  }

  /** Whether a key that begins so can be one that is asked for. */
  #mayHold(start: string): boolean {
    const fitsPrefix = start.startsWith(this.#prefix) || this.#prefix.startsWith(start)
    return fitsPrefix && (start > this.#after || this.#after.startsWith(start))
  }

  /** The keys in a shard that are asked for, in order. */
  async #keys(group: string, shard: string): Promise<string[]> {
    const entries = await this.#read(join(group, shard))
    const keys = entries.filter((entry) => entry.isFile()).map(({ name }) => keyOfLocation({ group, shard, name }))
    return keys.filter((key) => this.#isAskedFor(key) && locationOfKey(key).shard === shard).sort()
  }

  #isAskedFor(key: string): boolean {
    return key > this.#after && key.startsWith(this.#prefix) && blobKeyPattern.test(key)
  }

  async #folders(folder: string): Promise<string[]> {
    return (await this.#read(folder)).filter((entry) => entry.isDirectory()).map(({ name }) => name)
  }

  async #read(folder: string): Promise<readonly Dirent[]> {
    const { calls, permits, blobs, folders } = this.#state
    try {
      return await permits.calls.run('storage.list', undefined, () => calls.readFolder(join(blobs, folder)))
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
      await folders.refuseMissingRoot(error)
      return []
    }
  }
}
