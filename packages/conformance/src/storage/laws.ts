import { abortLaws } from './abort.ts'
import type { StorageLaw } from './blobs.ts'
import { closeLaws } from './close.ts'
import { concurrencyLaws } from './concurrency.ts'
import { getLaws } from './get.ts'
import { infoLaws } from './info.ts'
import { keyLaws } from './keys.ts'
import { listLaws } from './list.ts'
import { processLaws } from './process-laws.ts'
import { putLaws } from './put.ts'
import { failedPutLaws } from './put-failed.ts'
import { rangeLaws } from './range.ts'
import { stageLaws } from './stage.ts'
import { deleteLaws, statLaws } from './stat-delete.ts'
import { streamLaws } from './stream.ts'
import { syncedLaws } from './synced.ts'
import { volumeLaws } from './volume.ts'

/** Every law of `StorageBackend`. */
export const storageLaws: readonly StorageLaw[] = [
  ...infoLaws,
  ...keyLaws,
  ...putLaws,
  ...failedPutLaws,
  ...getLaws,
  ...rangeLaws,
  ...streamLaws,
  ...statLaws,
  ...deleteLaws,
  ...listLaws,
  ...volumeLaws,
  ...stageLaws,
  ...concurrencyLaws,
  ...processLaws,
  ...abortLaws,
  ...closeLaws,
  ...syncedLaws,
]
