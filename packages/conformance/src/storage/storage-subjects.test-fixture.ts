import type { StorageBackend } from 'nexusfs'
import { MemoryBackend } from 'nexusfs/memory'
import type { ConformanceSubject } from '../law.ts'
import { storageLaws } from './index.ts'
import { storageMutants } from './mutants/index.ts'

export const memory: ConformanceSubject<StorageBackend> = {
  kind: 'storage',
  name: 'memory',
  isInProcess: true,
  open: (namespace) => MemoryBackend.open({ name: namespace }),
  dispose: async (namespace) => MemoryBackend.drop(namespace),
}

/** Laws and mutants that one process can show; those about several, and about system calls, have tests of their own. */
export const laws = storageLaws.filter(({ id }) => !/^processes-|-synced$/.test(id))
export const mutants = storageMutants.filter(({ breaks }) => !/^processes-|-synced$/.test(breaks))
