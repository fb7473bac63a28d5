import { access, type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { equalBytes } from '../acts/equal-bytes.ts'
import type { Inventory, Subject, SubjectFile, SubjectTraits } from '../acts/subject.ts'
import { folderUsage } from './disk-usage.ts'

/**
 * The baselines. `local_fs` is `node:fs/promises` as most programs use it: class `os`. `local_fs+fsync` adds an fsync of the
 * file and, for a name that comes or goes, of its folder: class `disk`. Both truncate a file in place to overwrite it, so a
 * crash can leave half of it. The atomic ones write a temporary file beside it and rename that, as editors and databases do.
 */
export class RawSubject implements Subject {
  readonly traits: SubjectTraits
  readonly folder: string
  readonly #withFsync: boolean
  readonly #isAtomic: boolean
  #fsyncs = 0
  #drafts = 0

  /** @param folder an existing, empty folder; `dispose` removes it */
  constructor(folder: string, { withFsync, isAtomic = false }: { readonly withFsync: boolean; readonly isAtomic?: boolean }) {
    this.folder = folder
    this.#withFsync = withFsync
    this.#isAtomic = isAtomic
    const durability = withFsync ? 'disk' : 'os'
    this.traits = { durability, keepsVersions: false, isAtomic, settings: { api: 'node:fs/promises' } }
  }

  async write(path: string, content: Uint8Array, { isNew }: { readonly isNew: boolean }): Promise<undefined> {
    const file = join(this.folder, path)
    if (this.#isAtomic) await this.#replace(file, content)
    else if (this.#withFsync) await this.#writeDurably(file, content, isNew)
    else await writeFile(file, content)
  }

  /** In place, except where a reader is promised the old file or the new one. */
  async append(path: string, content: Uint8Array): Promise<undefined> {
    const file = join(this.folder, path)
    if (this.#isAtomic) return this.#replace(file, Buffer.concat([await readFile(file), content])).then(() => undefined)
    const handle = await open(file, 'a')
    try {
      await handle.writeFile(content)
      if (this.#withFsync) await this.#sync(handle)
    } finally {
      await handle.close()
    }
  }

  /** There is no batch in a file system: one file after the other. */
  async writeBatch(files: readonly SubjectFile[]): Promise<undefined[]> {
    for (const { path, content } of files) await this.write(path, content, { isNew: true })
    return files.map(() => undefined)
  }

  async remove(path: string): Promise<void> {
    const file = join(this.folder, path)
    await unlink(file)
    if (this.#withFsync && process.platform !== 'win32') await this.#syncFolder(dirname(file))
  }

  read(path: string): Promise<Uint8Array> {
    return readFile(join(this.folder, path))
  }

  async exists(path: string): Promise<boolean> {
    try {
      await access(join(this.folder, path))
      return true
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
      throw error
    }
  }

  list(path: string): Promise<readonly string[]> {
    return readdir(join(this.folder, path))
  }

  async listWithSizes(path: string): Promise<readonly { name: string; size: number }[]> {
    const folder = join(this.folder, path)
    const names = await readdir(folder)
    return Promise.all(names.map(async (name) => ({ name, size: (await stat(join(folder, name))).size })))
  }

  async preload(files: readonly SubjectFile[]): Promise<void> {
    for (const { path, content } of files) {
      await mkdir(dirname(join(this.folder, path)), { recursive: true })
      await this.write(path, content, { isNew: true })
    }
  }

  async holds(path: string, content: Uint8Array): Promise<boolean> {
    return equalBytes(await this.read(path), content)
  }

  async inventory(): Promise<Inventory> {
    const { files, bytes, diskBytes } = await folderUsage(this.folder)
    return { files, versions: files, storedBytes: bytes, diskBytes }
  }

  fsyncs(): number {
    return this.#fsyncs
  }

  reopen(whileClosed: () => Promise<void>): Promise<void> {
    return whileClosed()
  }

  async dispose(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  async #replace(file: string, content: Uint8Array): Promise<void> {
    this.#drafts += 1
    const draft = `${file}.${this.#drafts}.tmp`
    if (this.#withFsync) await this.#writeDurably(draft, content, false)
    else await writeFile(draft, content)
    await rename(draft, file)
    if (this.#withFsync && process.platform !== 'win32') await this.#syncFolder(dirname(file))
  }

  async #writeDurably(file: string, content: Uint8Array, isNew: boolean): Promise<void> {
    const handle = await open(file, 'w')
    try {
      await handle.writeFile(content)
      await this.#sync(handle)
    } finally {
      await handle.close()
    }
    if (isNew && process.platform !== 'win32') await this.#syncFolder(dirname(file))
  }

  async #syncFolder(folder: string): Promise<void> {
    const handle = await open(folder, 'r')
    try {
      await this.#sync(handle)
    } finally {
      await handle.close()
    }
  }

  async #sync(handle: FileHandle): Promise<void> {
    this.#fsyncs += 1
    await handle.sync()
  }
}
