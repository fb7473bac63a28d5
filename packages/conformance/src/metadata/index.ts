import type { MetadataStore } from 'nexusfs'
import type { LawTopic } from '../law.ts'
import { backupLaws } from './backup-laws.ts'
import { epochLaws } from './epoch-laws.ts'
import { expectationLaws } from './expectation-laws.ts'
import type { MetadataLaw } from './fixtures.ts'
import { getLaws } from './get-laws.ts'
import { heldLaws } from './held-laws.ts'
import { horizonLaws } from './horizon-laws.ts'
import { lifecycleLaws } from './lifecycle-laws.ts'
import { limitLaws } from './limit-laws.ts'
import { listLaws } from './list-laws.ts'
import { loadLaws } from './load-laws.ts'
import { orderLaws } from './order-laws.ts'
import { processLaws } from './process-laws.ts'
import { raceLaws } from './race-laws.ts'
import { randomLaws } from './random-laws.ts'
import { rangeLaws } from './range-laws.ts'
import { scanLaws } from './scan-laws.ts'
import { scanPageLaws } from './scan-page-laws.ts'
import { slotLaws } from './slot-laws.ts'
import { snapshotLaws } from './snapshot-laws.ts'
import { syncedLaws } from './synced-laws.ts'
import { watchLaws } from './watch-laws.ts'
import { writeLaws } from './write-laws.ts'

export type { MetadataLaw } from './fixtures.ts'
export type { MetadataMutant } from './mutants/wrong-store.ts'

/** The laws of `MetadataStore` by topic, the simple ones first. */
export const metadataTopics: readonly LawTopic<MetadataStore>[] = [
  { title: 'Looking up keys', laws: getLaws },
  { title: 'Scanning ranges', laws: scanLaws },
  { title: 'Pages of any size', laws: scanPageLaws },
  { title: 'Writes', laws: writeLaws },
  { title: 'Expectations about keys', laws: expectationLaws },
  { title: 'Expectations about ranges', laws: rangeLaws },
  { title: 'Lists of commits', laws: listLaws },
  { title: 'Revisions within keys', laws: slotLaws },
  { title: 'Limits', laws: limitLaws },
  { title: 'Snapshots', laws: snapshotLaws },
  { title: 'The order of commits', laws: orderLaws },
  { title: 'Commits at the same time', laws: raceLaws },
  { title: 'Several processes', laws: processLaws },
  { title: 'The horizon', laws: horizonLaws },
  { title: 'Commits that overlap', laws: heldLaws },
  { title: 'Watching', laws: watchLaws },
  { title: 'Loading', laws: loadLaws },
  { title: 'Epochs', laws: epochLaws },
  { title: 'Backups', laws: backupLaws },
  { title: 'Opening, cancelling and closing', laws: lifecycleLaws },
  { title: 'Writing to the disk', laws: syncedLaws },
  { title: 'Random cases', laws: randomLaws },
]

/** Every law of `MetadataStore`. */
export const metadataLaws: readonly MetadataLaw[] = metadataTopics.flatMap(({ laws }) => laws)

export { metadataMutants } from './mutants/index.ts'
