import { equalBytes } from '../acts/equal-bytes.ts'
import type { Inventory, Subject, SubjectFile, SubjectTraits } from '../acts/subject.ts'
import { type MetadataStore, NexusFS, type StorageBackend } from '../library.ts'
import { folderUsage } from './disk-usage.ts'

export interface NexusPorts {
  readonly storage: StorageBackend
  readonly metadata: MetadataStore
}

export interface NexusSubjectOptions {
  /** Opens the same location each time. */
  readonly openPorts: () => Promise<NexusPorts>
  /** Removes what the location holds; called once, with the ports closed. */
  readonly removeLocation: (ports: NexusPorts) => Promise<void>
  /** Where the adapters keep files, if they keep any. */
  readonly folder: string | undefined
  /** The library's default if absent. */
  readonly cacheBytes: number | undefined
}

/** A combination of Nexus, driven through its public file-system interface. */
export class NexusSubject implements Subject {
  readonly folder: string | undefined
  readonly #options: NexusSubjectOptions
  #open: OpenNexus | undefined

  private constructor(options: NexusSubjectOptions, open: OpenNexus) {
    this.folder = options.folder
    this.#options = options
    this.#open = open
    this.#fs = open.fs
    this.#auditor = open.auditor
  }

  #fs: NexusFS
  #auditor: NexusFS

  static async open(options: NexusSubjectOptions): Promise<NexusSubject> {
    return new NexusSubject(options, await openBoth(options))
  }

  get traits(): SubjectTraits {
    const { storage, metadata, durability } = this.#fs.info
    const settings = { storage: storage.name, metadata: metadata.name, ...metadata.settings }
    return { durability, keepsVersions: true, isAtomic: true, settings }
  }

  async write(path: string, content: Uint8Array): Promise<number> {
    return (await this.#fs.write(path, content)).version
  }

  async append(path: string, content: Uint8Array): Promise<number> {
    return (await this.#fs.append(path, content)).version
  }

  async writeBatch(files: readonly SubjectFile[]): Promise<readonly number[]> {
    return (await this.#fs.writeBatch(files)).map((entry) => entry.version)
  }

  async remove(path: string): Promise<void> {
    await this.#fs.remove(path)
  }

  read(path: string): Promise<Uint8Array> {
    return this.#fs.read(path)
  }

  exists(path: string): Promise<boolean> {
    return this.#fs.exists(path)
  }

  async list(path: string): Promise<readonly string[]> {
    const names: string[] = []
    for await (const entry of this.#fs.list(path)) names.push(entry.name)
    return names
  }

  async listWithSizes(path: string): Promise<readonly { name: string; size: number }[]> {
    const entries: { name: string; size: number }[] = []
    for await (const entry of this.#fs.list(path)) {
      entries.push({ name: entry.name, size: entry.kind === 'file' ? entry.size : 0 })
    }
    return entries
  }

  async preload(files: readonly SubjectFile[]): Promise<void> {
    await this.#fs.writeBatch(files)
  }

  async holds(path: string, content: Uint8Array, version?: number): Promise<boolean> {
    return equalBytes(await this.#auditor.read(path, { version }), content)
  }

  async inventory(): Promise<Inventory> {
    const { files, versions, storedBytes = 0 } = await this.#auditor.usage()
    const diskBytes = this.folder === undefined ? undefined : (await folderUsage(this.folder)).diskBytes
    return { files, versions, storedBytes, diskBytes }
  }

  /** What keeps no files makes none; for the others an observer outside of the process counts. */
  fsyncs(): number | undefined {
    return this.folder === undefined ? 0 : undefined
  }

  async reopen(whileClosed: () => Promise<void>): Promise<void> {
    await this.#close()
    await whileClosed()
    this.#open = await openBoth(this.#options)
    this.#fs = this.#open.fs
    this.#auditor = this.#open.auditor
  }

  async dispose(): Promise<void> {
    const ports = await this.#close()
    if (ports !== undefined) await this.#options.removeLocation(ports)
  }

  async #close(): Promise<NexusPorts | undefined> {
    const open = this.#open
    this.#open = undefined
    await open?.auditor.close()
    await open?.fs.close()
    return open?.ports
  }
}

interface OpenNexus {
  readonly ports: NexusPorts
  readonly fs: NexusFS
  /** A second file system over the same adapters without a content cache: what it reads is stored. */
  readonly auditor: NexusFS
}

async function openBoth({ openPorts, cacheBytes }: NexusSubjectOptions): Promise<OpenNexus> {
  const ports = await openPorts()
  const fs = await NexusFS.open({ ...ports, cacheBytes, author: 'bench' })
  const auditor = await NexusFS.open({ ...ports, cacheBytes: 0, author: 'bench' })
  return { ports, fs, auditor }
}
