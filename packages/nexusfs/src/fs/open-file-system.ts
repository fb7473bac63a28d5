import { userInfo } from 'node:os'
import { ContentStore } from '../content/content-store.ts'
import { weakerDurability } from '../core/durability.ts'
import { NexusError } from '../core/errors.ts'
import { askedToReadOnly, type ReadOnlyReason } from '../core/read-only-reason.ts'
import { systemClock, systemRandom } from '../core/system.ts'
import { KeyedMutex } from '../engine-kit/keyed-mutex.ts'
import { Committer } from './committer.ts'
import type { FsContext } from './context.ts'
import { DirectoryHints } from './directory-hints.ts'
import { checkedAuthor } from './mutation.ts'
import type { NexusFSInfo, NexusFSOptions } from './nexus-fs-options.ts'
import { Resolver } from './resolver.ts'
import { holdStoreFiles } from './store-files.ts'
import { openStore } from './store-format.ts'
import { Witness } from './witness.ts'
import { WriteGroups } from './write-groups.ts'

const defaultCacheBytes = 64 * 1024 * 1024
const maxInlineBytes = 128 * 1024

/** Puts the parts of a file system together over two layers that are open. */
export async function openFileSystem<T>(options: NexusFSOptions, make: (fs: FsContext, info: NexusFSInfo) => T): Promise<T> {
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
    foundedAt: store.foundedAt,
    inlineBytes: wholeBytes('inlineBytes', inlineBytes, maxInlineBytes),
    folderLayers: options.folderLayers,
    forgetStoreFiles: holdStoreFiles([...(storage.info.localPaths ?? []), ...(metadata.info.localPaths ?? [])]),
  }
  const { storeId, durability: foundedDurability } = store
  return make(fs, { storage: storage.info, metadata: metadata.info, durability, foundedDurability, storeId, readOnly })
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
