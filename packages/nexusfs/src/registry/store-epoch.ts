import { raiseEpoch, type StoreEpoch, storeEpoch } from '../fs/store-epoch.ts'
import type { LocatedStore } from './locate-store.ts'
import { layersOf, openBoth } from './open-layers.ts'
import type { OpenPortContext } from './open-port.ts'

/**
 * The epoch of a store that `locateStore` found, also of one that cannot be opened because it has gone back in time. With `raise`, it
 * moves on first, as often as it takes to be above all that the storage backend has seen of the store.
 * @throws {NexusError} NotFound if there is no store, Unsupported if its metadata store cannot raise its epoch, and as the adapters
 */
export async function epochOfStore(
  { place, durability }: LocatedStore,
  { raise, signal, env, config }: { readonly raise: boolean } & Pick<OpenPortContext, 'env' | 'config' | 'signal'>,
): Promise<StoreEpoch> {
  const layers = await layersOf(place)
  const opened = await openBoth(layers, { env, config, signal, durability, create: false, cwd: layers.base })
  try {
    return await (raise ? raiseEpoch(opened, { signal }) : storeEpoch(opened.metadata, { signal }))
  } finally {
    await opened.abandon()
  }
}
