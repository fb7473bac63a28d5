import { backupLaws } from './backup-laws.ts'
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

/** Every law of `MetadataStore`, the simple ones first. */
export const metadataLaws: readonly MetadataLaw[] = [
  ...getLaws,
  ...scanLaws,
  ...scanPageLaws,
  ...writeLaws,
  ...expectationLaws,
  ...rangeLaws,
  ...listLaws,
  ...slotLaws,
  ...limitLaws,
  ...snapshotLaws,
  ...orderLaws,
  ...raceLaws,
  ...processLaws,
  ...horizonLaws,
  ...heldLaws,
  ...watchLaws,
  ...loadLaws,
  ...backupLaws,
  ...lifecycleLaws,
  ...syncedLaws,
  ...randomLaws,
]

export { metadataMutants } from './mutants/index.ts'
