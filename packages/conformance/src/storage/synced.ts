import { expectSyncs, syncsCanBeSeen } from '../other-process/syncs.ts'
import type { StorageLaw } from './blobs.ts'
import { worksModule } from './process-works.ts'

export const syncedLaws: readonly StorageLaw[] = [
  {
    id: 'put-synced',
    title: 'in a class that survives a power loss, puts that are acknowledged were written to the disk',
    sentence: 'Once put returned, the blob is whole and as durable as info.durability says.',
    requires: syncsCanBeSeen(),
    check: (context) => expectSyncs(context, worksModule, 'put', (round) => [`synced/of-${round}`]),
  },
]
