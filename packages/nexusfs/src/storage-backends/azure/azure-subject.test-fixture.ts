import type { ConformanceSubject } from '@nexusfs/conformance'
import type { StorageBackend } from '../../storage/storage-backend.ts'
import { AzureBackend } from './azure-backend.ts'
import type { AzureBackendOptions } from './options.ts'

/** A prefix of each namespace, for the conformance kit; another process makes the same. */
export default function azureSubject(options: AzureBackendOptions): ConformanceSubject<StorageBackend> {
  const optionsOf = (namespace: string): AzureBackendOptions => ({ ...options, prefix: `${options.prefix ?? ''}/${namespace}` })
  return {
    kind: 'storage',
    name: 'azure',
    open: (namespace) => AzureBackend.open(optionsOf(namespace)),
    dispose: (namespace) => AzureBackend.drop(optionsOf(namespace)),
    isRemote: true,
    otherProcess: { module: import.meta.url, options },
  }
}
