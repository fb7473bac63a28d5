import { type DurabilityClass, durabilityClasses } from '../../core/durability.ts'
import { NexusError } from '../../core/errors.ts'
import { type Id, isId, newId } from '../../core/id.ts'
import { epochOf, type Revision } from '../../core/revision.ts'
import { type Random, systemClock, systemRandom } from '../../core/system.ts'
import { formatKey } from '../../metadata/keyspace.ts'
import type { MetadataEntry, MetadataStore, StoreCallOptions } from '../../metadata/metadata-store.ts'
import { decodeRecord, encodeRecord } from '../../metadata/record.ts'
import type { StorageBackend } from '../../storage/storage-backend.ts'
import { Witness } from '../commit/witness.ts'

/** The format that this version writes, and the latest that it reads. */
const storeFormat = 1

/** What a store says of itself: the value of `m/format`. */
export interface StoreIdentity {
  readonly storeId: Id
  /** Milliseconds since 1970, by the store's clock. */
  readonly createdAt: number
  /** The class that was chosen when the store was created. */
  readonly durability: DurabilityClass
}

/** Whether a store may be created where there is none. */
export interface FoundingRule {
  readonly create: boolean
  /** Must hold no blobs yet; absent = it may hold any. */
  readonly emptyStorage?: StorageBackend | undefined
}

/**
 * Reads what the store is; creates one in an empty metadata store if the rule allows it.
 * @throws {NexusError} NotFound if there is no store and none is to be created, Unsupported if it has a newer format, Corrupt, also
 * (reason `rolled back`) if the metadata store is empty where it cannot have been
 */
export async function openStore(
  metadata: MetadataStore,
  random: Random,
  durability: DurabilityClass,
  { create, emptyStorage }: FoundingRule,
): Promise<StoreIdentity> {
  const before = await readIdentity(metadata)
  if (before.identity !== undefined) return before.identity
  const blob = (await emptyStorage?.list({ limit: 1 }))?.blobs[0]?.key
  for (;;) {
    // Read after the blobs were listed: another process writes blobs only after it has created its store.
    const { identity, time } = await readIdentity(metadata)
    if (identity !== undefined) return identity
    if (blob !== undefined) throw withoutMetadata(`${metadata.info.location} is empty`, blob)
    if (!create)
      throw new NexusError('NotFound', `no store in ${metadata.info.location}`, {
        advice: `make one with create, or with \`nexus init\``,
      })
    await createStore(metadata, { storeId: newId(random), createdAt: time, durability })
  }
}

async function readIdentity(metadata: MetadataStore): Promise<{ identity: StoreIdentity | undefined; time: number }> {
  const { get, time } = await metadata.read({ get: [formatKey] })
  return { identity: get[0] && decodeIdentity(get[0]), time }
}

/** The refusal of a metadata store that holds nothing where blobs stand already. */
export function withoutMetadata(what: string, blob: string): NexusError {
  const advice =
    'if they are of this store, restore its metadata; if they are of another, use another location for the blobs, or open with mayShareStorage: true (`nexus init --share-storage`)'
  return new NexusError('Corrupt', `${what}, and the storage backend holds blobs`, {
    advice,
    operation: 'open',
    context: { reason: 'rolled back', blob },
  })
}

/** Of several processes that create the store at once one wins, and all of them read what it wrote. */
async function createStore(metadata: MetadataStore, { storeId, createdAt, durability }: StoreIdentity): Promise<void> {
  const value = encodeRecord({ format: storeFormat, store: storeId, founded: createdAt, durability, epoch: 0, requires: [] })
  const commit = { expect: [{ kind: 'absent', key: formatKey }], writes: [{ kind: 'put', key: formatKey, value }] } as const
  const [result] = await metadata.commit([commit])
  if (result?.status === 'failed') throw result.error
}

function decodeIdentity(entry: MetadataEntry): StoreIdentity {
  const { format, store, founded, durability, requires } = decodeRecord(entry.value).fields
  if (typeof format !== 'number')
    throw new NexusError('Corrupt', 'the store does not say which format it has', { advice: 'restore a backup' })
  if (format > storeFormat || !Array.isArray(requires) || requires.length > 0) {
    const needs = Array.isArray(requires) && requires.length > 0 ? ` and needs ${requires.join(', ')}` : ''
    throw new NexusError('Unsupported', `the store has format ${format}${needs}`, {
      advice: `this version reads format ${storeFormat}: update nexusfs`,
      context: { format },
    })
  }
  const chosen = durabilityClasses.find((each) => each === durability)
  if (!isId(store) || typeof founded !== 'number' || chosen === undefined) {
    throw new NexusError('Corrupt', 'the store does not say which store it is', { advice: 'restore the metadata from a backup' })
  }
  return { storeId: store, createdAt: founded, durability: chosen }
}

/** Where a store stands in its order of revisions. */
export interface StoreEpoch {
  readonly epoch: number
  /** The horizon. */
  readonly revision: Revision
}

/**
 * Of a store that need not be sound enough to be opened.
 * @throws {NexusError} NotFound if there is no store
 */
export async function storeEpoch(metadata: MetadataStore, options: StoreCallOptions): Promise<StoreEpoch> {
  await identityOf(metadata)
  return toEpoch(await metadata.horizon(options))
}

/**
 * Confirms that a metadata store which came back from an older copy is to be used: moves it on to an epoch above every revision that it
 * ever gave out, as far as the storage backend has witnessed them. At least one epoch is gone on; each call goes on again.
 * @throws {NexusError} NotFound if there is no store, Unsupported if the metadata store cannot raise its epoch
 */
export async function raiseEpoch(
  { storage, metadata }: { readonly storage: StorageBackend; readonly metadata: MetadataStore },
  options: StoreCallOptions,
): Promise<StoreEpoch> {
  const { storeId } = await identityOf(metadata)
  if (metadata.raiseEpoch === undefined) {
    const fix = 'load its entries into a new store'
    throw new NexusError('Unsupported', `the metadata store "${metadata.info.name}" cannot raise its epoch`, { advice: fix })
  }
  const seen = await new Witness(storage, storeId, systemClock).seen()
  let revision = await metadata.raiseEpoch(options)
  while (revision <= seen) revision = await metadata.raiseEpoch(options)
  return toEpoch(revision)
}

function identityOf(metadata: MetadataStore): Promise<StoreIdentity> {
  return openStore(metadata, systemRandom, metadata.info.durability, { create: false })
}

function toEpoch(revision: Revision): StoreEpoch {
  return { epoch: epochOf(revision), revision }
}
