import type { ConformanceSubject } from '@nexusfs/conformance'
import type { StorageBackend } from '../../storage/storage-backend.ts'
import type { S3BackendOptions } from './options.ts'
import { S3Backend } from './s3-backend.ts'

/** A prefix of each namespace, for the conformance kit; another process makes the same. */
export default function s3Subject(options: S3BackendOptions): ConformanceSubject<StorageBackend> {
  const optionsOf = (namespace: string): S3BackendOptions => ({ ...options, prefix: `${options.prefix ?? ''}/${namespace}` })
  return {
    kind: 'storage',
    name: 's3',
    open: (namespace) => S3Backend.open(optionsOf(namespace)),
    dispose: (namespace) => S3Backend.drop(optionsOf(namespace)),
    isRemote: true,
    otherProcess: { module: import.meta.url, options },
  }
}
