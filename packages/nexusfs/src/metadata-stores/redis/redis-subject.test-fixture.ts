import type { ConformanceSubject } from '@nexusfs/conformance'
import type { MetadataStore } from '../../metadata/metadata-store.ts'
import { RedisStore } from './redis-store.ts'

/** A prefix of each namespace, for the conformance kit; another process makes the same. */
export default function redisSubject(options: { readonly url: string }): ConformanceSubject<MetadataStore> {
  const { url } = options
  return {
    kind: 'metadata',
    name: 'redis',
    open: (namespace) => RedisStore.open({ url, prefix: `${namespace}:` }),
    dispose: (namespace) => RedisStore.drop({ url, prefix: `${namespace}:` }),
    isRemote: true,
    otherProcess: { module: import.meta.url, options },
  }
}
