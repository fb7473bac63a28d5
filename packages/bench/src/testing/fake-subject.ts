import { equalBytes } from '../acts/equal-bytes.ts'
import type { Inventory, Subject, SubjectFile, SubjectTraits } from '../acts/subject.ts'

/** One way to be wrong; each hook is asked before the correct behaviour. */
export interface Faults {
  /** Bytes that a read gives instead. */
  readonly read?: ((path: string, correct: Uint8Array) => Uint8Array) | undefined
  /** False: the write is acknowledged and dropped. */
  readonly keepsWrite?: ((path: string) => boolean) | undefined
  /** The version that a write reports. */
  readonly version?: ((correct: number) => number) | undefined
  /** Thrown by every write. */
  readonly writeError?: Error | undefined
  readonly exists?: boolean | undefined
  readonly names?: readonly string[] | undefined
  /** Added to the stored bytes. */
  readonly storedBytes?: number | undefined
  /** Hands out its own buffers. */
  readonly aliases?: boolean | undefined
}

/** A versioned file system in memory, correct but for its faults; waits `costMs` on a given clock for each call. */
export class FakeSubject implements Subject {
  readonly traits: SubjectTraits
  readonly folder = undefined
  readonly #faults: Faults
  readonly #files = new Map<string, Uint8Array[]>()
  readonly #cost: () => void
  isDisposed = false

  constructor(faults: Faults = {}, traits: Partial<SubjectTraits> = {}, cost: () => void = () => {}) {
    this.#faults = faults
    this.#cost = cost
    this.traits = { durability: 'none', keepsVersions: true, isAtomic: true, settings: { fake: 'yes' }, ...traits }
  }

  async write(path: string, content: Uint8Array): Promise<number | undefined> {
    this.#cost()
    if (this.#faults.writeError !== undefined) throw this.#faults.writeError
    const versions = this.#files.get(path) ?? []
    const number = versions.length + 1
    if (this.#faults.keepsWrite?.(path) ?? true) {
      if (this.traits.keepsVersions) versions.push(content.slice())
      else versions.splice(0, 1, content.slice())
      this.#files.set(path, versions)
    }
    if (!this.traits.keepsVersions) return undefined
    return this.#faults.version?.(number) ?? number
  }

  async append(path: string, content: Uint8Array): Promise<number | undefined> {
    return this.write(path, Buffer.concat([this.#files.get(path)?.at(-1) ?? new Uint8Array(0), content]))
  }

  async writeBatch(files: readonly SubjectFile[]): Promise<readonly (number | undefined)[]> {
    return Promise.all(files.map(({ path, content }) => this.write(path, content)))
  }

  async remove(path: string): Promise<void> {
    this.#cost()
    this.#files.delete(path)
  }

  async read(path: string): Promise<Uint8Array> {
    this.#cost()
    const stored = this.#files.get(path)?.at(-1) ?? new Uint8Array(0)
    const correct = this.#faults.aliases === true ? stored : stored.slice()
    return this.#faults.read?.(path, correct) ?? correct
  }

  async exists(path: string): Promise<boolean> {
    this.#cost()
    return this.#faults.exists ?? this.#files.has(path)
  }

  async list(path: string): Promise<readonly string[]> {
    this.#cost()
    return this.#faults.names ?? this.#below(path).map(({ name }) => name)
  }

  async listWithSizes(path: string): Promise<readonly { name: string; size: number }[]> {
    this.#cost()
    return this.#below(path)
  }

  async preload(files: readonly SubjectFile[]): Promise<void> {
    for (const { path, content } of files) this.#files.set(path, [content.slice()])
  }

  async holds(path: string, content: Uint8Array, version?: number): Promise<boolean> {
    const versions = this.#files.get(path) ?? []
    const held = version === undefined ? versions.at(-1) : versions[version - 1]
    return held !== undefined && equalBytes(held, content)
  }

  async inventory(): Promise<Inventory> {
    const versions = [...this.#files.values()].flat()
    const distinct = new Map(versions.map((bytes) => [Buffer.from(bytes).toString('latin1'), bytes.length]))
    const storedBytes = [...distinct.values()].reduce((sum, size) => sum + size, 0) + (this.#faults.storedBytes ?? 0)
    return { files: this.#files.size, versions: versions.length, storedBytes, diskBytes: undefined }
  }

  fsyncs(): number {
    return 0
  }

  reopen(whileClosed: () => Promise<void>): Promise<void> {
    return whileClosed()
  }

  async dispose(): Promise<void> {
    this.isDisposed = true
  }

  #below(path: string): { name: string; size: number }[] {
    const prefix = path === '/' ? '/' : `${path}/`
    const inside = [...this.#files].filter(([file]) => file.startsWith(prefix))
    return inside.map(([file, versions]) => ({ name: file.slice(prefix.length), size: versions.at(-1)?.length ?? 0 }))
  }
}
