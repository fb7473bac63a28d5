import { createHash } from 'node:crypto'
import { equalBytes } from '../acts/equal-bytes.ts'
import type { Inventory, SubjectTraits } from '../acts/subject.ts'
import { type DurabilityClass, type MetadataStore, NexusError } from '../library.ts'
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

/**
 * The least that writing known content can cost: SHA-256 of the bytes, then one commit of the three small rows that such a
 * write makes. It stores no content; only `write` is measured.
 */
export class FloorSubject extends RefusingSubject {
  readonly traits: SubjectTraits
  readonly #store: MetadataStore
  readonly #onDisposed: () => Promise<void>
  #isDisposed = false

  /** @param store an empty store that `dispose` closes */
  constructor(store: MetadataStore, onDisposed: () => Promise<void>) {
    super('the floor only writes')
    this.#store = store
    this.#onDisposed = onDisposed
    const { durability, name, settings } = store.info
    this.traits = { durability, keepsVersions: false, isAtomic: true, settings: { metadata: name, ...settings } }
  }

  override async write(path: string, content: Uint8Array): Promise<undefined> {
    const digest = createHash('sha256').update(content).digest()
    const [result] = await this.#store.commit([
      {
        expect: [{ kind: 'absent', key: headKey(path) }],
        writes: [
          { kind: 'put', key: headKey(path), value: Buffer.concat([digest, recordPadding]) },
          { kind: 'put', key: { group: Buffer.concat([text('r'), digest]), item: text(path) }, value: new Uint8Array(0) },
          { kind: 'put', key: { group: text('l'), item: new Uint8Array(0), revisionAt: 0 }, value: recordPadding },
        ],
      },
    ])
    if (result?.status !== 'committed') throw new NexusError('Unexpected', `the floor's commit for ${path} was refused`)
  }

  override async holds(path: string, content: Uint8Array): Promise<boolean> {
    const digest = createHash('sha256').update(content).digest()
    const { get } = await this.#store.read({ get: [headKey(path)] })
    const head = get[0]
    return head !== undefined && digest.equals(head.value.subarray(0, digest.length))
  }

  override async inventory(): Promise<Inventory> {
    const page = await this.#store.read({ scan: [{ group: text('d'), limit: 10_000 }] })
    const files = page.scan[0]?.entries.length ?? 0
    return { files, versions: files, storedBytes: 0, diskBytes: undefined }
  }

  override async dispose(): Promise<void> {
    if (this.#isDisposed) return
    this.#isDisposed = true
    await this.#store.close()
    await this.#onDisposed()
  }
}

/** A head row is about this long beside its digest, a log row as a whole. */
const recordPadding = new Uint8Array(96)

function headKey(path: string) {
  return { group: text('d'), item: text(path) }
}

function text(value: string): Uint8Array {
  return Buffer.from(value)
}
