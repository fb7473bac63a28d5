import type { ConformanceSubject, SubjectModule } from '@nexusfs/conformance'
import type { MetadataStore, StorageBackend } from 'nexusfs'
import type { OpenContext } from 'nexusfs/registry'
import type { AdapterNamespace } from './conformance-target.ts'

/** Puts an adapter to the test in namespaces of its own, each removed once it is closed. */
export function subjectOf<Port extends StorageBackend | MetadataStore>(
  kind: ConformanceSubject<Port>['kind'],
  { name, adapter, uri }: AdapterNamespace<Port>,
  shared: Omit<OpenContext, 'namespace' | 'uri'>,
  otherProcess?: SubjectModule,
): ConformanceSubject<Port> {
  const opened = new Map<string, Port>()
  return {
    kind,
    name,
    isInProcess: adapter.traits.inProcess,
    isRemote: adapter.traits.remote,
    otherProcess,
    async open(namespace) {
      const port = await adapter.open({ ...shared, namespace, uri })
      opened.set(namespace, port)
      return port
    },
    async dispose(namespace) {
      const port = opened.get(namespace)
      opened.delete(namespace)
      if (port !== undefined) await adapter.dispose?.(port, { ...shared, namespace, uri })
    },
  }
}
