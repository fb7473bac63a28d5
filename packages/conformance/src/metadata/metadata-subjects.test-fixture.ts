import type { MetadataStore } from 'nexusfs'
import { MemoryStore } from 'nexusfs/memory'
import type { ConformanceSubject } from '../law.ts'
import { runConformance } from '../run-conformance.ts'
import { metadataLaws } from './index.ts'

export const memory: ConformanceSubject<MetadataStore> = {
  kind: 'metadata',
  name: 'memory',
  isInProcess: true,
  open: (namespace) => MemoryStore.open({ name: namespace }),
  dispose: async (namespace) => MemoryStore.drop(namespace),
}

/** Ids of the laws that the subject does not skip. */
export async function lawsThatApply(subject: ConformanceSubject<MetadataStore>): Promise<ReadonlySet<string>> {
  const { results } = await runConformance(subject, metadataLaws)
  return new Set(results.filter(({ status }) => status !== 'skipped').map(({ id }) => id))
}
