import { abortMutants } from './abort.ts'
import { closeMutants } from './close.ts'
import { concurrencyMutants } from './concurrency.ts'
import { keyMutants } from './keys.ts'
import { listMutants } from './list.ts'
import type { StorageMutant } from './mutant.ts'
import { mutants as processMutants } from './process-mutants.ts'
import { putMutants } from './put.ts'
import { failedPutMutants } from './put-failed.ts'
import { getMutants, rangeMutants } from './read.ts'
import { stageMutants } from './stage.ts'
import { deleteMutants, statMutants } from './stat-delete.ts'
import { streamMutants } from './stream.ts'
import { volumeMutants } from './volume.ts'

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
