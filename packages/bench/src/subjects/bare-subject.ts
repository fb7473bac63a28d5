import { equalBytes } from '../acts/equal-bytes.ts'
import type { Inventory, SubjectTraits } from '../acts/subject.ts'
import type { DurabilityClass } from '../library.ts'
import type { BareServer } from './bare-server.ts'
import { RefusingSubject } from './refusing-subject.ts'

/** The least that a write or a look-up can cost on a server: its own statements, without any file system. Files are records. */
export class BareSubject extends RefusingSubject {
  readonly traits: SubjectTraits
  readonly #server: BareServer
  readonly #onDisposed: () => Promise<void>
  #isDisposed = false

  /** @param server with no records; `dispose` removes those that were made */
  constructor(server: BareServer, durability: DurabilityClass, onDisposed: () => Promise<void>) {
    super('a bare server writes and finds records')
    this.#server = server
    this.#onDisposed = onDisposed
    this.traits = { durability, keepsVersions: false, isAtomic: true, settings: { api: 'the client of the server' } }
  }

  override async write(path: string, content: Uint8Array): Promise<undefined> {
    await this.#server.insert(path, content)
  }

  override async exists(path: string): Promise<boolean> {
    return (await this.#server.find(path)) !== undefined
  }

  override async holds(path: string, content: Uint8Array): Promise<boolean> {
    const found = await this.#server.find(path)
    return found !== undefined && equalBytes(found, content)
  }

  override async inventory(): Promise<Inventory> {
    const files = await this.#server.count()
    return { files, versions: files, storedBytes: 0, diskBytes: undefined }
  }

  override async dispose(): Promise<void> {
    if (this.#isDisposed) return
    this.#isDisposed = true
    await this.#server.remove()
    await this.#server.close()
    await this.#onDisposed()
  }
}
