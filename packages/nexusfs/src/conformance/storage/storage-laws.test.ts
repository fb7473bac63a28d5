import { describe, it } from 'vitest'
import { MemoryBackend } from '../../storage-backends/memory/memory-backend.ts'
import { registerLaws } from '../register-laws.ts'

registerLaws(
  {
    kind: 'storage',
    name: 'memory',
    isInProcess: true,
    open: (namespace) => MemoryBackend.open({ name: namespace }),
    dispose: async (namespace) => MemoryBackend.drop(namespace),
  },
  { describe, it },
)
