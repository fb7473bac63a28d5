import type { ConformanceSubject } from '@nexusfs/conformance'
import type { MetadataStore } from '../../metadata/metadata-store.ts'
import type { PostgresSettings } from './options.ts'
import { PostgresStore } from './postgres-store.ts'

export interface PostgresSubjectOptions {
  readonly name: string
  readonly url: string
  readonly settings: PostgresSettings
}

/** A schema of each namespace, for the conformance kit; another process makes the same, which starts no server and removes nothing. */
export default function postgresSubject(options: PostgresSubjectOptions): ConformanceSubject<MetadataStore> {
  const { name, url, settings } = options
  return {
    kind: 'metadata',
    name,
    open: (namespace) => PostgresStore.open({ ...settings, url, schema: schemaOf(namespace) }),
    isRemote: true,
    otherProcess: { module: import.meta.url, options },
  }
}

export function schemaOf(namespace: string): string {
  return `law_${namespace}`
}
