import { askedToReadOnly, readOnlyError } from '../core/read-only-reason.ts'
import { raiseEpoch, type StoreEpoch, storeEpoch } from '../fs/open/store-format.ts'
import type { LocatedStore } from './locate-store.ts'
import { layersOf, openBoth } from './open-layers.ts'
import type { OpenPortContext } from './open-port.ts'

export interface EpochOptions extends Pick<OpenPortContext, 'env' | 'config' | 'signal' | 'readOnly'> {
  readonly raise: boolean
}

/**
 * The epoch of a store that `locateStore` found, also of one that cannot be opened because it has gone back in time. With `raise`, it
 * moves on first, as often as it takes to be above all that the storage backend has seen of the store.
 * @throws {NexusError} NotFound if there is no store, Unsupported if its metadata store cannot raise its epoch, ReadOnly, and as the adapters
 */
export async function epochOfStore(
  { location, durability, ...defaults }: LocatedStore,
  { raise, signal, env, config, readOnly = defaults.readOnly ?? false }: EpochOptions,
): Promise<StoreEpoch> {
  if (raise && readOnly) {
    throw readOnlyError('the epoch stays: the store takes no writes', askedToReadOnly)
  }
  const layers = await layersOf(location)
  const opened = await openBoth(layers, { env, config, signal, durability, create: false, readOnly, cwd: layers.base })
  try {
    return await (raise ? raiseEpoch(opened, { signal }) : storeEpoch(opened.metadata, { signal }))
  } finally {
    await opened.abandon()
  }
}
