import type { ConformanceSubject } from '@nexusfs/conformance'
import type { StorageBackend } from '../../storage/storage-backend.ts'
import { GCSBackend } from './gcs-backend.ts'
import type { GCSBackendOptions } from './options.ts'

/** A prefix of each namespace, for the conformance kit; another process makes the same. */
export default function gcsSubject(options: GCSBackendOptions): ConformanceSubject<StorageBackend> {
  const optionsOf = (namespace: string): GCSBackendOptions => ({ ...options, prefix: `${options.prefix ?? ''}/${namespace}` })
  return {
    kind: 'storage',
    name: 'gcs',
    open: (namespace) => GCSBackend.open(optionsOf(namespace)),
    dispose: (namespace) => GCSBackend.drop(optionsOf(namespace)),
    isRemote: true,
    otherProcess: { module: import.meta.url, options },
  }
}
