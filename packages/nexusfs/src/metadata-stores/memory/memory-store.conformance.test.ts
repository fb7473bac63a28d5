// Guards: metadata-stores/memory/*.ts

import { registerLaws } from '@nexusfs/conformance'
import { describe, it } from 'vitest'
import { MemoryStore } from './memory-store.ts'

registerLaws(
  {
    kind: 'metadata',
    name: 'memory',
    isInProcess: true,
    open: (namespace) => MemoryStore.open({ name: namespace }),
    dispose: async (namespace) => MemoryStore.drop(namespace),
  },
  { describe, it },
)
