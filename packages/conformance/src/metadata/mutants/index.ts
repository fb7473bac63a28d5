import { backupMutants } from './backup-mutants.ts'
import { epochMutants } from './epoch-mutants.ts'
import { expectationMutants } from './expectation-mutants.ts'
import { getMutants } from './get-mutants.ts'
import { heldMutants } from './held-mutants.ts'
import { horizonMutants } from './horizon-mutants.ts'
import { lifecycleMutants } from './lifecycle-mutants.ts'
import { limitMutants } from './limit-mutants.ts'
import { listMutants } from './list-mutants.ts'
import { loadMutants } from './load-mutants.ts'
import { orderMutants } from './order-mutants.ts'
import { mutants as processMutants } from './process-mutants.ts'
import { raceMutants } from './race-mutants.ts'
import { randomMutants } from './random-mutants.ts'
import { rangeMutants } from './range-mutants.ts'
import { scanMutants } from './scan-mutants.ts'
import { slotMutants } from './slot-mutants.ts'
import { snapshotMutants } from './snapshot-mutants.ts'
import { watchMutants } from './watch-mutants.ts'
import { writeMutants } from './write-mutants.ts'
import type { MetadataMutant } from './wrong-store.ts'

/**
 * For each law of `MetadataStore` a store that breaks it, and hardly any other. Those about processes need a right store that processes share,
 * and `mutated` makes them wrong in both.
 */
export const metadataMutants: readonly MetadataMutant[] = [
  ...getMutants,
  ...scanMutants,
  ...writeMutants,
  ...expectationMutants,
  ...rangeMutants,
  ...listMutants,
  ...slotMutants,
  ...limitMutants,
  ...snapshotMutants,
  ...orderMutants,
  ...raceMutants,
  ...processMutants,
  ...horizonMutants,
  ...heldMutants,
  ...watchMutants,
  ...loadMutants,
  ...epochMutants,
  ...backupMutants,
  ...lifecycleMutants,
  ...randomMutants,
]
