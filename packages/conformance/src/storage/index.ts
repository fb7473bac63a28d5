import type { StorageBackend } from 'nexusfs'
import type { LawTopic } from '../law.ts'
import { abortLaws } from './abort-laws.ts'
import { closeLaws } from './close-laws.ts'
import { concurrencyLaws } from './concurrency-laws.ts'
import { deleteLaws } from './delete-laws.ts'
import { failedPutLaws } from './failed-put-laws.ts'
import type { StorageLaw } from './fixtures.ts'
import { getLaws } from './get-laws.ts'
import { infoLaws } from './info-laws.ts'
import { keyLaws } from './key-laws.ts'
import { listLaws } from './list-laws.ts'
import { processLaws } from './process-laws.ts'
import { putLaws } from './put-laws.ts'
import { rangeLaws } from './range-laws.ts'
import { stageLaws } from './stage-laws.ts'
import { statLaws } from './stat-laws.ts'
import { streamLaws } from './stream-laws.ts'
import { syncedLaws } from './synced-laws.ts'
import { volumeLaws } from './volume-laws.ts'

export type { StorageLaw } from './fixtures.ts'
export type { StorageMutant } from './mutants/wrong-backend.ts'

/** The laws of `StorageBackend` by topic, the simple ones first. */
export const storageTopics: readonly LawTopic<StorageBackend>[] = [
  { title: 'What a backend says of itself', laws: infoLaws },
  { title: 'Keys', laws: keyLaws },
  { title: 'Putting', laws: putLaws },
  { title: 'Puts that fail', laws: failedPutLaws },
  { title: 'Getting', laws: getLaws },
  { title: 'Ranges', laws: rangeLaws },
  { title: 'Streams', laws: streamLaws },
  { title: 'Stat', laws: statLaws },
  { title: 'Deleting', laws: deleteLaws },
  { title: 'Lists', laws: listLaws },
  { title: 'Large blobs, long pages and many calls', laws: volumeLaws },
  { title: 'Staging', laws: stageLaws },
  { title: 'Calls at the same time', laws: concurrencyLaws },
  { title: 'Several processes', laws: processLaws },
  { title: 'Cancelling', laws: abortLaws },
  { title: 'Closing', laws: closeLaws },
  { title: 'Writing to the disk', laws: syncedLaws },
]

/** Every law of `StorageBackend`. */
export const storageLaws: readonly StorageLaw[] = storageTopics.flatMap(({ laws }) => laws)

export { storageMutants } from './mutants/index.ts'
