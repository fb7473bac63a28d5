import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { decodeContentRow } from '../content/content-row.ts'
import { isNexusError, type NexusError } from '../core/errors.ts'
import type { Clock } from '../core/system.ts'
import type { MetadataRegistration, StorageRegistration } from '../engine-kit/registration.ts'
import { contentGroup } from '../metadata/keyspace.ts'
import type {
  Commit,
  CommitResult,
  MetadataStore,
  MetadataStoreInfo,
  ReadReply,
  ReadRequest,
  StoreCallOptions,
} from '../metadata/metadata-store.ts'
import { MemoryStore } from '../metadata-stores/memory/memory-store.ts'
import { SqliteStore } from '../metadata-stores/sqlite/sqlite-store.ts'
import { builtInMetadata, builtInStorages } from '../registry/built-in-adapters.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import { LocalBackend } from '../storage-backends/local/local-backend.ts'
import { MemoryBackend } from '../storage-backends/memory/memory-backend.ts'
import { InterceptedStore } from '../testing/intercepted-store.ts'
import type { NexusFSOptions } from './model/open-options.ts'
import { NexusFS } from './nexus-fs.ts'

/** Where tests keep one store. It may be opened several times, as several processes would, and is gone at the end of the scope. */
export interface StoreFixture extends AsyncDisposable {
  /** The layers may be wrapped; the file system is closed with the fixture. */
  open(options?: OpenTestOptions): Promise<NexusFS>
  /** A further client of a layer, closed with the fixture. */
  metadata(): Promise<MetadataStore>
  storage(): Promise<StorageBackend>
}

export interface OpenTestOptions extends Partial<Omit<NexusFSOptions, 'storage' | 'metadata'>> {
  readonly overMetadata?: ((store: MetadataStore) => MetadataStore) | undefined
  readonly overStorage?: ((backend: StorageBackend) => StorageBackend) | undefined
}

let fixtures = 0

/** So small that content above 512 KiB is stored in chunks. */
const preferredChunkBytes = 64 * 1024

const server = builtInMetadata[process.env.NEXUS_TEST_METADATA ?? '']
const remoteStorage = builtInStorages[process.env.NEXUS_TEST_STORAGE ?? '']

/** True where `memoryFixture` has its metadata on a server. */
export const isOnServer: boolean = server !== undefined

/** True where `localFixture` has its blobs elsewhere. */
export const isStorageRemote: boolean = remoteStorage !== undefined

/** Everything in memory; or with `NEXUS_TEST_METADATA=postgres` or `redis`, the metadata on the server that the environment names. */
export async function memoryFixture(): Promise<StoreFixture> {
  const name = `test-fixture-${fixtures++}`
  if (server !== undefined) return serverFixture(name, server)
  return toFixture(
    () => MemoryStore.open({ name }),
    () => MemoryBackend.open({ name, preferredChunkBytes }),
    async () => {
      MemoryStore.drop(name)
      MemoryBackend.drop(name)
    },
  )
}

function serverFixture(name: string, server: MetadataRegistration): StoreFixture {
  const namespace = `${name}-${randomBytes(6).toString('hex')}`
  const context = { env: process.env, namespace, tmpDir: tmpdir() }
  let last: MetadataStore | undefined
  return toFixture(
    async () => {
      last = await server.open(context)
      return new WithoutWitness(last)
    },
    () => MemoryBackend.open({ name, preferredChunkBytes }),
    async () => {
      MemoryBackend.drop(name)
      if (last !== undefined) await server.dispose?.(last, context)
    },
  )
}

/** Tests that count blobs and calls of the storage backend are not about witnesses. */
class WithoutWitness extends InterceptedStore {
  constructor(inner: MetadataStore) {
    super(inner, (call) => call.run())
  }

  override get info(): MetadataStoreInfo {
    const { info } = this.inner
    return { ...info, capabilities: { ...info.capabilities, witness: false } }
  }
}

export interface LocalStoreFixture extends StoreFixture {
  readonly folder: string
}

/**
 * In class `os`: tests of behaviour need not wait for the disk. With `NEXUS_TEST_STORAGE=s3` the blobs are in the bucket that the
 * environment names.
 */
export async function localFixture(): Promise<LocalStoreFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-fs-'))
  if (remoteStorage !== undefined) return { ...remoteFixture(folder, remoteStorage), folder }
  const fixture = toFixture(
    () => SqliteStore.open({ path: join(folder, 'meta.db'), durability: 'os' }),
    () => LocalBackend.open({ root: folder, durability: 'os' }),
    () => rm(folder, { recursive: true, force: true }),
  )
  return { ...fixture, folder }
}

function remoteFixture(folder: string, adapter: StorageRegistration): StoreFixture {
  const context = { env: process.env, namespace: `test-${randomBytes(6).toString('hex')}`, tmpDir: folder }
  let last: StorageBackend | undefined
  return toFixture(
    () => SqliteStore.open({ path: join(folder, 'meta.db'), durability: 'os' }),
    async () => {
      last = await adapter.open(context)
      return last
    },
    async () => {
      if (last !== undefined) await adapter.dispose?.(last, context)
      await rm(folder, { recursive: true, force: true })
    },
  )
}

/** Blobs in memory: many tests can have a fixture of their own. */
export async function sqliteFixture(): Promise<StoreFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-fs-'))
  if (remoteStorage !== undefined) return remoteFixture(folder, remoteStorage)
  const name = `test-fixture-${fixtures++}`
  return toFixture(
    () => SqliteStore.open({ path: join(folder, 'meta.db'), durability: 'os' }),
    () => MemoryBackend.open({ name, preferredChunkBytes }),
    async () => {
      MemoryBackend.drop(name)
      await rm(folder, { recursive: true, force: true })
    },
  )
}

/** The two combinations that need no server. */
export const storeFixtures: Readonly<Record<string, () => Promise<StoreFixture>>> = {
  'memory-memory': memoryFixture,
  'local-sqlite': localFixture,
}

function toFixture(
  openMetadata: () => Promise<MetadataStore>,
  openStorage: () => Promise<StorageBackend>,
  drop: () => Promise<void>,
): StoreFixture {
  const opened: { close(): Promise<void> }[] = []
  const kept = async <T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T> => {
    const it = await opening
    opened.push(it)
    return it
  }
  return {
    open: async ({ overMetadata, overStorage, ...options } = {}) => {
      const [metadata, storage] = [await openMetadata(), await openStorage()]
      return kept(
        NexusFS.open({
          author: 'ann',
          ...options,
          metadata: overMetadata?.(metadata) ?? metadata,
          storage: overStorage?.(storage) ?? storage,
        }),
      )
    },
    metadata: () => kept(openMetadata()),
    storage: () => kept(openStorage()),
    [Symbol.asyncDispose]: async () => {
      for (const each of opened.reverse()) await each.close()
      await drop()
    },
  }
}

/** A store that keeps what it was asked, and answers as the one it stands before. */
export class RecordingStore extends InterceptedStore {
  reads: ReadRequest[] = []
  commits: Commit[] = []

  constructor(inner: MetadataStore) {
    super(inner, (call) => call.run())
  }

  override read(request: ReadRequest, options?: StoreCallOptions): Promise<ReadReply> {
    this.reads.push(request)
    return super.read(request, options)
  }

  override commit(commits: readonly Commit[], options?: StoreCallOptions): Promise<readonly CommitResult[]> {
    this.commits.push(...commits)
    return super.commit(commits, options)
  }

  forget(): void {
    this.reads = []
    this.commits = []
  }

  /** The kinds of rows that were written since, sorted, as in `d l`; without the mark of a second, which one commit a second bears. */
  get written(): string {
    const kinds = this.commits.flatMap(({ writes }) => writes.map(({ key }) => String.fromCharCode(key.group[0] ?? 0)))
    return kinds
      .filter((kind) => kind !== 't')
      .sort()
      .join(' ')
  }
}

/** Time that passes when somebody sleeps, and at no other time. */
export class FakeClock implements Clock {
  time: number

  constructor(time: number = Date.UTC(2026, 0, 1)) {
    this.time = time
  }

  now(): number {
    return Math.floor(this.time)
  }

  monotonic(): number {
    return this.time
  }

  async sleep(ms: number): Promise<void> {
    this.time += ms
    await nextTurn()
  }
}

/** Blobs that no content row names: what a failed write left behind. */
export async function orphans(fixture: StoreFixture): Promise<string[]> {
  const [metadata, storage] = [await fixture.metadata(), await fixture.storage()]
  const named = new Set<string>()
  const rows = (await metadata.read({ scan: [{ group: contentGroup, limit: 10_000 }] })).scan[0]?.entries ?? []
  for (const row of rows) {
    const { location } = decodeContentRow(row)
    if (location.kind === 'blob') named.add(location.key)
  }
  const keys = (await storage.list()).blobs.map(({ key }) => key)
  return keys.filter((key) => !named.has(key) && !key.includes('/witness/'))
}

/** Ends once the first commit of a process has left its witness, which it does in the background, where the store has such. */
export async function witnessLeft(fixture: StoreFixture): Promise<void> {
  const [metadata, storage] = [await fixture.metadata(), await fixture.storage()]
  if (metadata.info.capabilities.witness !== true) return
  while (!(await storage.list()).blobs.some(({ key }) => key.includes('/witness/'))) await sleep(2)
}

/** The error that a call must fail with. */
export async function failure(work: () => Promise<unknown>): Promise<NexusError> {
  try {
    await work()
  } catch (error) {
    if (isNexusError(error)) return error
    throw error
  }
  throw new Error('it did not fail')
}

/** Bytes that no other call has: from 129 on they need a content row. */
export function fresh(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size)
  let state = ++freshCount * 2654435761
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    bytes[at] = state >>> 24
  }
  return bytes
}

let freshCount = 0

/** Everything that an asynchronous iterable gives. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}
