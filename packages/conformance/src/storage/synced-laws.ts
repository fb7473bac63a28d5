import { expectSyncs, syncsCanBeSeen } from '../other-process/syncs.ts'
import type { StorageLaw } from './fixtures.ts'
import { worksModule } from './process-works.ts'
import { sentences } from './sentences.ts'

export const syncedLaws: readonly StorageLaw[] = [
  {
    id: 'put-synced',
    member: 'put',
    title: 'in a class that survives a power loss, puts that are acknowledged were written to the disk',
    sentence: sentences.durable,
    requires: syncsCanBeSeen(),
    check: (context) => expectSyncs(context, worksModule, 'put', (round) => [`synced/of-${round}`]),
  },
]
