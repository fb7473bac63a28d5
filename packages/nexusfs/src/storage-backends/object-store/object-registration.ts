import type { Environment, EnvironmentGate, OpenContext, StorageRegistration } from '../../engine-kit/registration.ts'
import type { StorageBackend } from '../../storage/storage-backend.ts'
import type { ObjectOptions, ObjectProbe } from './object-backend.ts'

/** How an adapter for an object store is opened, looked at and emptied. */
export interface ObjectBackendClass<Options extends ObjectOptions> {
  open(options: Options): Promise<StorageBackend>
  drop(options: Options): Promise<void>
  probe(options: Options): Promise<ObjectProbe>
}

export interface ObjectRegistration<Options extends ObjectOptions> {
  readonly label: string
  readonly schemes?: readonly string[]
  readonly env: EnvironmentGate
  /** The URI of what the environment names: `s3:`. */
  readonly bareUri: string
  optionsOf(uri: string, env: Environment): Options
  /** Imports the adapter. */
  load(): Promise<ObjectBackendClass<Options>>
}

/** The registration of an object store: every namespace is a prefix of its own. */
export function objectRegistration<Options extends ObjectOptions>(adapter: ObjectRegistration<Options>): StorageRegistration {
  const { label, schemes, env, bareUri } = adapter
  const optionsOfNamespace = ({ uri = bareUri, env: variables, namespace }: OpenContext): Options => {
    const options = adapter.optionsOf(uri, variables)
    const { prefix = '' } = options
    return { ...options, prefix: `${prefix}${prefix === '' || prefix.endsWith('/') ? '' : '/'}nexus-${namespace}` }
  }
  return {
    label,
    schemes,
    env,
    traits: { durability: 'replicated', remote: true },
    async probe({ env: variables, signal }) {
      const { location, rttMs } = await (await adapter.load()).probe({ ...adapter.optionsOf(bareUri, variables), signal })
      return { ok: true, detail: location, rttMs }
    },
    async open(context) {
      return (await adapter.load()).open({ ...optionsOfNamespace(context), signal: context.signal })
    },
    async dispose(_port, context) {
      await (await adapter.load()).drop(optionsOfNamespace(context))
    },
    async openUri(uri, { env: variables, signal }) {
      return (await adapter.load()).open({ ...adapter.optionsOf(uri, variables), signal })
    },
  }
}
