// Guards: testing/*.ts

import { type ConformanceSubject, metadataLaws, registerLaws, storageLaws } from '@nexusfs/conformance'
import { describe, it } from 'vitest'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import { MemoryStore } from '../metadata-stores/memory/memory-store.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import { MemoryBackend } from '../storage-backends/memory/memory-backend.ts'
import { MeteredBackend, MeteredStore } from './call-meter.ts'
import { DelayedBackend, DelayedStore } from './delayed.ts'
import { FaultPlan } from './fault-plan.ts'
import { FaultyBackend, FaultyStore } from './faulty-backend.ts'
import { seededRandom } from './seeded-random.ts'

const noFaults = (): FaultPlan => new FaultPlan(seededRandom('no faults'))

const storeLayers: Readonly<Record<string, (inner: MetadataStore) => MetadataStore>> = {
  metered: (inner) => new MeteredStore(inner),
  'faulty without faults': (inner) => new FaultyStore(inner, noFaults()),
  'delayed by nothing': (inner) => new DelayedStore(inner, 0),
}

const backendLayers: Readonly<Record<string, (inner: StorageBackend) => StorageBackend>> = {
  metered: (inner) => new MeteredBackend(inner),
  'faulty without faults': (inner) => new FaultyBackend(inner, noFaults()),
  'delayed by nothing': (inner) => new DelayedBackend(inner, 0),
}

for (const [name, layer] of Object.entries(storeLayers)) {
  const subject: ConformanceSubject<MetadataStore> = {
    kind: 'metadata',
    name: `${name} over memory`,
    isInProcess: true,
    open: async (namespace) => layer(await MemoryStore.open({ name: namespace })),
    dispose: async (namespace) => MemoryStore.drop(namespace),
  }
  registerLaws(subject, { describe, it }, metadataLaws)
}

for (const [name, layer] of Object.entries(backendLayers)) {
  const subject: ConformanceSubject<StorageBackend> = {
    kind: 'storage',
    name: `${name} over memory`,
    isInProcess: true,
    open: async (namespace) => layer(await MemoryBackend.open({ name: namespace })),
    dispose: async (namespace) => MemoryBackend.drop(namespace),
  }
  registerLaws(subject, { describe, it }, storageLaws)
}
