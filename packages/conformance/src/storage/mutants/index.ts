import { abortMutants } from './abort-mutants.ts'
import { closeMutants } from './close-mutants.ts'
import { concurrencyMutants } from './concurrency-mutants.ts'
import { deleteMutants } from './delete-mutants.ts'
import { failedPutMutants } from './failed-put-mutants.ts'
import { getMutants } from './get-mutants.ts'
import { keyMutants } from './key-mutants.ts'
import { listMutants } from './list-mutants.ts'
import { mutants as processMutants } from './process-mutants.ts'
import { putMutants } from './put-mutants.ts'
import { rangeMutants } from './range-mutants.ts'
import { stageMutants } from './stage-mutants.ts'
import { statMutants } from './stat-mutants.ts'
import { streamMutants } from './stream-mutants.ts'
import { volumeMutants } from './volume-mutants.ts'
import type { StorageMutant } from './wrong-backend.ts'

/**
 * For each law of `StorageBackend` one that breaks it. They make any correct backend that can stage wrong; those about processes need one
 * that processes share, and `mutated` makes them wrong in both.
 */
export const storageMutants: readonly StorageMutant[] = [
  ...keyMutants,
  ...putMutants,
  ...failedPutMutants,
  ...getMutants,
  ...rangeMutants,
  ...streamMutants,
  ...statMutants,
  ...deleteMutants,
  ...listMutants,
  ...volumeMutants,
  ...stageMutants,
  ...concurrencyMutants,
  ...processMutants,
  ...abortMutants,
  ...closeMutants,
]
