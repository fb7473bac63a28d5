import { NexusError } from '../core/errors.ts'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import type { ConformancePort, ConformanceSubject, Law } from './law.ts'
import { storageLaws } from './storage/index.ts'

/** All laws of the subject's port. */
export function lawsOf<Port extends ConformancePort>(subject: ConformanceSubject<Port>): readonly Law<Port>[]
export function lawsOf(subject: { readonly kind: string }): readonly Law<StorageBackend>[] | readonly Law<MetadataStore>[] {
  if (subject.kind === 'storage') return storageLaws
  throw new NexusError('Unsupported', `conformance: there are no laws for a subject of kind ${subject.kind}`)
}
