import { NexusError } from '../core/errors.ts'
import { epochOf, type Revision } from '../core/revision.ts'
import { systemClock, systemRandom } from '../core/system.ts'
import type { MetadataStore, StoreCallOptions } from '../metadata/metadata-store.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import { openStore, type StoreIdentity } from './store-format.ts'
import { Witness } from './witness.ts'

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
    const fix = 'load its entries into a new place'
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
