import { expectSyncs, syncsCanBeSeen } from '../other-process/syncs.ts'
import type { MetadataLaw } from './fixtures.ts'
import { worksModule } from './process-works.ts'
import { sentences } from './sentences.ts'

export const syncedLaws: readonly MetadataLaw[] = [
  {
    id: 'commit-synced',
    member: 'commit',
    title: 'in a class that survives a power loss, commits that are acknowledged were written to the disk',
    sentence: sentences.durable,
    requires: syncsCanBeSeen(),
    check: (context) => expectSyncs(context, worksModule, 'commit', (round) => ['a', `round ${round}`]),
  },
]
