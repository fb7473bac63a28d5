import { createHash } from 'node:crypto'
import { type MetadataStore, NexusError } from '../library.ts'
import type { Inventory, Subject, SubjectFile, SubjectTraits } from './subject.ts'

/**
 * The least that writing known content can cost: SHA-256 of the bytes, then one commit of the three small rows that such a write makes.
 * It stores no content; only `write` is measured.
 */
export class FloorSubject implements Subject {
  readonly traits: SubjectTraits
  readonly folder = undefined
  readonly #store: MetadataStore
  readonly #onDisposed: () => Promise<void>
  #isDisposed = false

  /** @param store an empty store that `dispose` closes */
  constructor(store: MetadataStore, onDisposed: () => Promise<void>) {
    this.#store = store
    this.#onDisposed = onDisposed
    const { durability, name, settings } = store.info
    this.traits = { durability, keepsVersions: false, isAtomic: true, settings: { metadata: name, ...settings } }
  }

  async write(path: string, content: Uint8Array): Promise<undefined> {
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

  async holds(path: string, content: Uint8Array): Promise<boolean> {
    const digest = createHash('sha256').update(content).digest()
    const { get } = await this.#store.read({ get: [headKey(path)] })
    const head = get[0]
    return head !== undefined && digest.equals(head.value.subarray(0, digest.length))
  }

  async preload(files: readonly SubjectFile[]): Promise<void> {
    for (const { path, content } of files) await this.write(path, content)
  }

  async inventory(): Promise<Inventory> {
    const page = await this.#store.read({ scan: [{ group: text('d'), limit: 10_000 }] })
    const files = page.scan[0]?.entries.length ?? 0
    return { files, versions: files, storedBytes: 0, diskBytes: undefined }
  }

  fsyncs(): undefined {
    return undefined
  }

  async dispose(): Promise<void> {
    if (this.#isDisposed) return
    this.#isDisposed = true
    await this.#store.close()
    await this.#onDisposed()
  }

  reopen(): Promise<never> {
    return refuse('reopen')
  }
  writeBatch(): Promise<never> {
    return refuse('writeBatch')
  }
  read(): Promise<never> {
    return refuse('read')
  }
  exists(): Promise<never> {
    return refuse('exists')
  }
  list(): Promise<never> {
    return refuse('list')
  }
  listWithSizes(): Promise<never> {
    return refuse('listWithSizes')
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

function refuse(operation: string): Promise<never> {
  return Promise.reject(new NexusError('Unsupported', `the floor only writes; ${operation} is not part of it`, { operation }))
}
