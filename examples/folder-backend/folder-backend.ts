import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BlobStat, GetOptions, StorageBackend } from 'nexusfs'
import * as kit from 'nexusfs/adapter-kit'

const pieceBytes = 1_048_576

/** A storage backend that keeps each blob as one file of one folder, without fsync: it survives a killed process. */
export class FolderBackend implements StorageBackend {
  readonly info: StorageBackend['info']
  readonly #folder: string
  readonly #calls = new kit.InFlightCalls(toNexusError)

  /** Opens the folder, and makes it if need be. */
  static async open(folder: string): Promise<FolderBackend> {
    await mkdir(folder, { recursive: true })
    return new FolderBackend(folder)
  }

  private constructor(folder: string) {
    this.#folder = folder
    this.info = {
      name: 'folder',
      portVersion: kit.storagePortVersion,
      durability: 'os',
      isShared: true,
      location: folder,
      limits: { blobBytes: 2 ** 40 },
      capabilities: { staging: false },
    }
  }

  /** Written beside, then renamed: a reader sees all of it or nothing. */
  readonly put: StorageBackend['put'] = (key, body, options) =>
    this.#calls.run('storage.put', options.signal, async () => {
      kit.checkBlobKey(key)
      kit.checkPut(options, this.info.limits.blobBytes)
      const draft = join(this.#folder, `.${randomUUID()}`)
      try {
        await writeFile(draft, kit.bodyPieces(body, options, 'storage.put'))
        kit.throwIfAborted(options.signal, 'storage.put')
        await rename(draft, this.#fileOf(key))
      } catch (error) {
        await rm(draft, { force: true })
        throw error
      }
    })

  readonly get: StorageBackend['get'] = (key, options = {}) =>
    this.#calls.run('storage.get', options.signal, async () => {
      const pieces: Uint8Array[] = []
      for await (const piece of this.#read(key, options)) pieces.push(piece)
      return kit.concatBytes(...pieces)
    })

  async *stream(key: string, options: GetOptions = {}): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    this.#calls.refuseIfEnded('storage.stream', options.signal)
    yield* this.#read(key, options)
  }

  readonly stat: StorageBackend['stat'] = (keys, options = {}) =>
    this.#calls.run('storage.stat', options.signal, () => Promise.all(keys.map((key) => this.#statOf(key))))

  readonly delete: StorageBackend['delete'] = (keys, options = {}) =>
    this.#calls.run('storage.delete', options.signal, async () => {
      const files = keys.map((key) => this.#fileOf(key))
      await Promise.all(files.map((file) => rm(file, { force: true })))
    })

  /** Reads the whole folder for each page: simple, and slow once it holds very many blobs. */
  readonly list: StorageBackend['list'] = (options = {}) =>
    this.#calls.run('storage.list', options.signal, async () => {
      const [limit, { prefix = '', after = '' }] = [kit.resolveListLimit(options), options]
      const files = (await readdir(this.#folder)).filter((name) => !name.startsWith('.'))
      const keys = files.map((name) => name.replaceAll('+', '/')).filter((key) => key.startsWith(prefix) && key > after)
      const page = keys.sort().slice(0, limit)
      const stats = await Promise.all(page.map((key) => this.#statOf(key)))
      const blobs = page.flatMap((key, index) => (stats[index] === undefined ? [] : [{ key, ...stats[index] }]))
      return { blobs, next: keys.length > limit ? page.at(-1) : undefined }
    })

  close(): Promise<void> {
    return this.#calls.close()
  }

  /** A key has no `+`, and no segment of it begins with a dot, as the names of drafts do. */
  #fileOf(key: string): string {
    kit.checkBlobKey(key)
    return join(this.#folder, key.replaceAll('/', '+'))
  }

  async #statOf(key: string): Promise<BlobStat | undefined> {
    const found = await stat(this.#fileOf(key)).catch((error) => (error.code === 'ENOENT' ? undefined : Promise.reject(error)))
    return found && { size: found.size }
  }

  /** The open file can be read to its end, also when the blob is deleted meanwhile. */
  async *#read(key: string, { range, signal }: GetOptions): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const file = await open(this.#fileOf(key)).catch((error) => Promise.reject(toNexusError(error, 'storage.read')))
    try {
      const { start, end } = kit.resolveRange(range, (await file.stat()).size)
      for (let at = start; at < end; at += pieceBytes) {
        kit.throwIfAborted(signal, 'storage.read')
        const piece = new Uint8Array(Math.min(pieceBytes, end - at))
        const { bytesRead } = await file.read(piece, 0, piece.length, at)
        if (bytesRead < piece.length) throw new kit.NexusError('Corrupt', `storage: the file of ${key} has become shorter`)
        yield piece
      }
    } finally {
      await file.close()
    }
  }
}

const translate = kit.translator(kit.errnoTable)

/** What the codes of the operating system mean to the layers above. */
function toNexusError(error: unknown, operation: string): kit.NexusError {
  return translate(error, { operation })
}
