/** Run by node itself, as a stranger would: with the id of a mutant as argument, or none for the backend as it is. */
import { describe, it } from 'node:test'
import type { StorageBackend } from 'nexusfs'
import { MemoryBackend } from 'nexusfs/memory'
import { type ConformanceSubject, registerLaws, storageLaws, storageMutants } from './index.ts'

const right: ConformanceSubject<StorageBackend> = {
  kind: 'storage',
  name: 'memory',
  open: (name) => MemoryBackend.open({ name }),
}
const mutant = storageMutants.find(({ id }) => id === process.argv[2])

registerLaws(mutant?.mutate(right) ?? right, { describe, it }, storageLaws, { seed: 42 })
