import type { StorageBackend } from '../../storage/storage-backend.ts'
import { MemoryBackend } from '../../storage-backends/memory/memory-backend.ts'
import type { ConformanceSubject } from '../law.ts'
import { storageLaws } from './laws.ts'
import { storageMutants } from './mutants/index.ts'

export const memory: ConformanceSubject<StorageBackend> = {
  kind: 'storage',
  name: 'memory',
  isInProcess: true,
  open: (namespace) => MemoryBackend.open({ name: namespace }),
  dispose: async (namespace) => MemoryBackend.drop(namespace),
}

/** Laws and mutants that one process can show; those about several have a test of their own. */
export const laws = storageLaws.filter(({ id }) => !id.startsWith('processes-'))
export const mutants = storageMutants.filter(({ breaks }) => !breaks.startsWith('processes-'))
