import { userInfo } from 'node:os'
import { ContentStore } from '../../content/content-store.ts'
import { weakerDurability } from '../../core/durability.ts'
import { NexusError } from '../../core/errors.ts'
import { askedToReadOnly, type ReadOnlyReason } from '../../core/read-only-reason.ts'
import { systemClock, systemRandom } from '../../core/system.ts'
import { KeyedMutex } from '../../engine-kit/keyed-mutex.ts'
import { Committer } from '../commit/committer.ts'
import type { FsContext } from '../commit/context.ts'
import { checkedAuthor } from '../commit/mutation.ts'
import { Witness } from '../commit/witness.ts'
import { WriteGroups } from '../commit/write-groups.ts'
import type { NexusFSInfo, NexusFSOptions } from '../model/open-options.ts'
import { takeOpenOptions } from '../model/take-options.ts'
import { DirectoryHints } from '../resolve/directory-hints.ts'
import { Resolver } from '../resolve/resolver.ts'
import { holdStoreFiles } from '../transfer/store-files.ts'
import { checkLayers, closeQuietly } from './check-layers.ts'
import { openStore } from './store-format.ts'

const defaultCacheBytes = 64 * 1024 * 1024
const maxInlineBytes = 128 * 1024

/** The parts of an open file system, and what it says of itself. */
interface OpenFileSystem {
  readonly fs: FsContext
  readonly info: NexusFSInfo
}

/** Puts the parts of a file system together over two layers that are open. If that fails, they are closed, unless they are to be kept. */
export async function openFileSystem(given: NexusFSOptions): Promise<OpenFileSystem> {
  const options = takeOpenOptions(given)
  try {
    checkLayers(options)
    return await putTogether(options)
  } catch (error) {
    if (options.keepLayers !== true) await Promise.all([closeQuietly(options.storage), closeQuietly(options.metadata)])
    throw error
  }
}

/** Gives back what this process holds in the store, and closes both layers. No call may be under way. */
export async function closeFileSystem({ content, metadata, witness, forgetStoreFiles }: FsContext): Promise<void> {
  await content.close()
  await witness?.close()
  await Promise.all([content.storage.close(), metadata.close()])
  forgetStoreFiles()
}

async function putTogether(options: NexusFSOptions): Promise<OpenFileSystem> {
  const { storage, metadata, clock = systemClock, random = systemRandom } = options
  const { author, cacheBytes, inlineBytes = metadata.info.preferredInlineBytes } = checkedSettings(options)
  const durability = weakerDurability(storage.info.durability, metadata.info.durability)
  const { witness: mayGoBack = false } = metadata.info.capabilities
  const emptyStorage = mayGoBack && options.mayShareStorage !== true ? storage : undefined
  const readOnly = whyReadOnly(options)
  const create = readOnly === undefined && (options.create ?? true)
  const store = await openStore(metadata, random, durability, { create, emptyStorage })
  const horizon = await metadata.horizon()
  const witness = mayGoBack ? new Witness(storage, store.storeId, clock) : undefined
  await witness?.check(metadata, horizon)
  const fs: FsContext = {
    metadata,
    content: new ContentStore({ storage, metadata, storeId: store.storeId, clock, random, cacheBytes }),
    resolver: new Resolver(metadata, new DirectoryHints()),
    committer: new Committer(metadata, clock, random, horizon, (revision) => witness?.committed(revision)),
    witness,
    turns: new KeyedMutex({ operation: 'write', longestTurnMs: 1_000 }),
    groups: new WriteGroups(),
    clock,
    random,
    author,
    storeCreatedAt: store.createdAt,
    inlineBytes: wholeBytes('inlineBytes', inlineBytes, maxInlineBytes),
    folderLayers: options.folderLayers,
    forgetStoreFiles: holdStoreFiles([...(storage.info.localPaths ?? []), ...(metadata.info.localPaths ?? [])]),
  }
  const { storeId, durability: initialDurability } = store
  return { fs, info: { storage: storage.info, metadata: metadata.info, durability, initialDurability, storeId, readOnly } }
}

/** The option first: it is what the caller can take back. */
function whyReadOnly({ readOnly = false, storage, metadata }: NexusFSOptions): ReadOnlyReason | undefined {
  if (readOnly) return askedToReadOnly
  return metadata.info.readOnly ?? storage.info.readOnly
}

/**
 * What can be said of the settings of a file system before its layers are open.
 * @throws {NexusError} InvalidArgument
 */
export function checkedSettings(options: Pick<NexusFSOptions, 'author' | 'cacheBytes' | 'inlineBytes'>): {
  readonly author: string
  readonly cacheBytes: number
  readonly inlineBytes: number | undefined
} {
  const { author = process.env.NEXUS_AUTHOR || userName(), cacheBytes = defaultCacheBytes, inlineBytes } = options
  return {
    author: checkedAuthor(author),
    cacheBytes: wholeBytes('cacheBytes', cacheBytes, Number.MAX_SAFE_INTEGER),
    inlineBytes: inlineBytes === undefined ? undefined : wholeBytes('inlineBytes', inlineBytes, maxInlineBytes),
  }
}

function wholeBytes(name: string, value: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= 0 && value <= most) return value
  throw new NexusError('InvalidArgument', `${name} is a whole number of bytes from 0 to ${most}, not ${value}`)
}

/** A process without an entry in the user database has a number only. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`
  }
}
