import { NexusError, throwIfAborted } from '../../core/errors.ts'
import { readOnlyError } from '../../core/read-only-reason.ts'
import { KeyedMutex } from '../../engine-kit/keyed-mutex.ts'
import { mapBounded } from '../../engine-kit/parallel.ts'
import { Permits } from '../../engine-kit/permits.ts'
import { checkBlobKey, checkPut, checkRange, resolveListLimit, wrongSize } from '../../storage/check-call.ts'
import {
  type BlobBody,
  type BlobPage,
  type BlobStat,
  type CallOptions,
  type GetOptions,
  type ListOptions,
  type PutOptions,
  type StagedBlob,
  type StorageBackend,
  type StorageBackendInfo,
  storagePortVersion,
} from '../../storage/storage-backend.ts'
import { type BackendState, blobFileOf } from './backend-state.ts'
import { listBlobs } from './blob-list.ts'
import { Draft, sweepStaleDrafts } from './draft.ts'
import { toNexusError } from './errors.ts'
import { CallGate, type FileCalls, nodeFileCalls } from './file-calls.ts'
import { FolderSync } from './folder-sync.ts'
import { Folders } from './folders.ts'
import { type OpenedRoot, openRoot, takeBack } from './open-root.ts'
import { BlobStream, deleteBlob, readBlob, statBlob } from './read.ts'
import { TemporaryNames } from './temporary-name.ts'

export type { FileCalls } from './file-calls.ts'

/** For `LocalBackend.open`. */
export interface LocalBackendOptions {
  /** The folder that holds `blobs/` and `tmp/`. */
  readonly root: string
  /** `disk`: what a put acknowledged survives a power loss; `os`: it survives a killed process. Default: `disk`. */
  readonly durability?: 'disk' | 'os' | undefined
  /** False: refuse a root without storage. Default: true, make what is missing. */
  readonly create?: boolean | undefined
  /** True: only read, whatever this user may do; nothing is written. Default: false; where nothing can be written, `info.readOnly` says so. */
  readonly readOnly?: boolean | undefined
}

/** 1 TiB; the file system may take less. */
const blobBytes = 1_099_511_627_776

/** A storage backend in a folder: one file a blob. Several processes may use one root at the same time. */
export class LocalBackend implements StorageBackend, AsyncDisposable {
  readonly info: StorageBackendInfo
  readonly #state: BackendState
  readonly #gate: CallGate
  /** The folders that were not there before it was opened. */
  readonly #made: readonly string[]
  readonly #drafts = new Set<Draft>()
  readonly #streams = new Set<BlobStream>()
  #closing: Promise<void> | undefined

  /**
   * Opens the storage in a folder.
   * @param calls for tests: the calls to the file system, to make one fail
   * @throws {NexusError} NotFound if there is none and `create` is false; InvalidConfig if the root is a symbolic link; PermissionDenied if every
   * user may write to it; NotADirectory, InvalidArgument, ReadOnly, NoSpace, Unavailable
   */
  static async open(options: LocalBackendOptions, calls: FileCalls = nodeFileCalls): Promise<LocalBackend> {
    const { root, durability = 'disk', create = true, readOnly = false } = options
    if (typeof root !== 'string' || root === '' || root.includes('\0')) {
      throw new NexusError('InvalidArgument', `LocalBackend.open: not a path: ${JSON.stringify(root)}`)
    }
    const isDurable = durability === 'disk'
    try {
      const opened = await openRoot(calls, root, { create, isDurable, readOnly })
      const backend = new LocalBackend(opened, isDurable, calls, await TemporaryNames.ofThisProcess())
      if (opened.readOnly === undefined) backend.#gate.background(sweepStaleDrafts(backend.#state))
      return backend
    } catch (error) {
      throw toNexusError(error, { operation: 'LocalBackend.open', location: root })
    }
  }

  private constructor(opened: OpenedRoot, isDurable: boolean, calls: FileCalls, temporaryNames: TemporaryNames) {
    const { made, readOnly, ...root } = opened
    const folderSync = new FolderSync(calls)
    this.#gate = new CallGate(root.root)
    this.#made = made
    this.#state = {
      ...root,
      calls,
      gate: this.#gate,
      isDurable,
      folders: new Folders(calls, root, isDurable ? folderSync : undefined),
      folderSync,
      turns: new KeyedMutex({ operation: 'storage.put' }),
      temporaryNames,
      permits: { calls: new Permits(64), bodies: new Permits(32), streams: new Permits(32) },
    }
    this.info = {
      name: 'local',
      portVersion: storagePortVersion,
      durability: isDurable ? 'disk' : 'os',
      isShared: true,
      location: root.root,
      localPaths: [root.blobs, root.temporary],
      limits: { blobBytes },
      readOnly,
      capabilities: { staging: true },
    }
  }

  put(key: string, body: BlobBody, options: PutOptions): Promise<void> {
    return this.#gate.run({ operation: 'storage.put', key, signal: options.signal }, async () => {
      checkBlobKey(key)
      checkBody(body, options)
      this.#refuseWrite('storage.put')
      const file = blobFileOf(this.#state, key)
      const draft = await this.#draft(body, options, 'storage.put')
      await draft.publish(file)
    })
  }

  get(key: string, options: GetOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return this.#gate.run({ operation: 'storage.get', key, signal: options.signal }, async () => {
      checkBlobKey(key)
      checkRange(options.range)
      return readBlob(this.#state, blobFileOf(this.#state, key), options)
    })
  }

  async *stream(key: string, options: GetOptions = {}): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    const call = { operation: 'storage.stream', key, signal: options.signal }
    const stream = await this.#gate.run(call, async () => {
      checkBlobKey(key)
      checkRange(options.range)
      const opened = await BlobStream.open(this.#state, blobFileOf(this.#state, key), options, call)
      this.#streams.add(opened)
      return opened
    })
    try {
      while (true) {
        const piece = await this.#gate.run(call, () => stream.next(call))
        if (piece === undefined) return
        yield piece
      }
    } finally {
      this.#streams.delete(stream)
      stream.close()
    }
  }

  stat(keys: readonly string[], options: CallOptions = {}): Promise<readonly (BlobStat | undefined)[]> {
    const call = { operation: 'storage.stat', signal: options.signal }
    return this.#gate.run(call, async () => {
      keys.forEach(checkBlobKey)
      return mapBounded(keys, async (key) => {
        throwIfAborted(options.signal, call.operation)
        return statBlob(this.#state, blobFileOf(this.#state, key))
      })
    })
  }

  delete(keys: readonly string[], options: CallOptions = {}): Promise<void> {
    const call = { operation: 'storage.delete', signal: options.signal }
    return this.#gate.run(call, async () => {
      keys.forEach(checkBlobKey)
      this.#refuseWrite(call.operation)
      await mapBounded(keys, async (key) => {
        throwIfAborted(options.signal, call.operation)
        await deleteBlob(this.#state, blobFileOf(this.#state, key))
      })
    })
  }

  list(options: ListOptions = {}): Promise<BlobPage> {
    const call = { operation: 'storage.list', signal: options.signal }
    return this.#gate.run(call, async () => listBlobs(this.#state, options, resolveListLimit(options)))
  }

  stage(body: BlobBody, options: PutOptions): Promise<StagedBlob> {
    return this.#gate.run({ operation: 'storage.stage', signal: options.signal }, async () => {
      checkBody(body, options)
      this.#refuseWrite('storage.stage')
      const draft = await this.#draft(body, options, 'storage.stage')
      this.#drafts.add(draft)
      return {
        publish: (key, publishOptions = {}) => this.#publish(draft, key, publishOptions),
        discard: () => this.#discard(draft),
      }
    })
  }

  /** Staged bodies that were not published are dropped, and streams that nobody reads from at this moment are cut off. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Closes, and takes back the folders that opening made and that are still empty: for a store that could not be opened in the end. */
  async abandon(): Promise<void> {
    await this.close()
    await takeBack(this.#state.calls, this.#made)
  }

  /** @throws {NexusError} ReadOnly, outcome none */
  #refuseWrite(operation: string): void {
    const { readOnly, location } = this.info
    if (readOnly === undefined) return
    throw readOnlyError(`${operation}: the storage takes no blobs`, readOnly, { operation, context: { location } })
  }

  #draft(body: BlobBody, options: PutOptions, operation: string): Promise<Draft> {
    return this.#state.folders.withTemporary(() => Draft.write(this.#state, body, options, operation))
  }

  async #publish(draft: Draft, key: string, options: CallOptions): Promise<void> {
    const call = { operation: 'storage.publish', key, signal: options.signal }
    // The one who takes the draft out of the set has to end it.
    if (!this.#drafts.delete(draft)) {
      this.#gate.check(call)
      throw new NexusError('InvalidArgument', 'storage.publish: the body was published or discarded before')
    }
    try {
      await this.#gate.run(call, async () => {
        checkBlobKey(key)
        await draft.publish(blobFileOf(this.#state, key))
      })
    } catch (error) {
      const discarded = draft.discard()
      this.#gate.background(discarded)
      await Promise.allSettled([discarded])
      throw error
    }
  }

  async #discard(draft: Draft): Promise<void> {
    if (!this.#drafts.delete(draft)) return
    await this.#gate.run({ operation: 'storage.discard' }, () => draft.discard())
  }

  async #close(): Promise<void> {
    await this.#gate.close()
    for (const stream of this.#streams) stream.close()
    await Promise.allSettled([...this.#drafts].map((draft) => draft.discard()))
    this.#drafts.clear()
    await this.#gate.close()
  }
}

function checkBody(body: BlobBody, options: PutOptions): void {
  checkPut(options, blobBytes)
  if (body instanceof Uint8Array && body.length !== options.size) throw wrongSize(options.size, body.length)
}
