import type { MetadataStore, StorageBackend } from 'nexusfs'
import type { ConformancePort, ConformanceSubject, Law } from './law.ts'
import { metadataLaws } from './metadata/index.ts'
import { storageLaws } from './storage/index.ts'

/** All laws of the subject's port. */
export function lawsOf<Port extends ConformancePort>(subject: ConformanceSubject<Port>): readonly Law<Port>[]
export function lawsOf(
  subject: ConformanceSubject<ConformancePort>,
): readonly Law<StorageBackend>[] | readonly Law<MetadataStore>[] {
  return subject.kind === 'storage' ? storageLaws : metadataLaws
}
