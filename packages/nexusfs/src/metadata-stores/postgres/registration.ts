import type { MetadataRegistration, OpenContext } from '../../engine-kit/registration.ts'
import { serverUrl } from '../../engine-kit/uri.ts'

const variables = ['NEXUS_DATABASE_URL', 'POSTGRES_URL'] as const

/** PostgreSQL: every namespace is a schema of its own in the database that `NEXUS_DATABASE_URL`, else `POSTGRES_URL`, names. */
export const postgresRegistration: MetadataRegistration = {
  label: 'PostgreSQL',
  schemes: ['postgresql'],
  env: { any: [variables], secret: variables },
  traits: { durability: 'disk', remote: true },
  async probe({ env, signal }) {
    const { PostgresStore } = await import('./postgres-store.ts')
    const url = serverUrl('postgres:', variables, env)
    const { durability, settings, rttMs } = await PostgresStore.probe({ url, timeouts: { connect: probeConnectMs }, signal })
    const detail = `PostgreSQL ${settings.server}, synchronous_commit ${settings.synchronous_commit}`
    return { ok: true, detail, rttMs, durability }
  },
  async open(context) {
    const { PostgresStore } = await import('./postgres-store.ts')
    return PostgresStore.open({ ...placeOf(context), durability: context.durability, signal: context.signal })
  },
  async dispose(_port, context) {
    const { PostgresStore } = await import('./postgres-store.ts')
    await PostgresStore.drop(placeOf(context))
  },
  async openUri(uri, { env, create, durability, signal }) {
    const { PostgresStore } = await import('./postgres-store.ts')
    return PostgresStore.open({ url: serverUrl(uri, variables, env), create, durability, signal })
  },
}

/** A probe has 5 seconds in all, and is to end with the reason. */
const probeConnectMs = 4_000

function placeOf({ uri = 'postgres:', env, namespace }: OpenContext): { readonly url: string; readonly schema: string } {
  return { url: serverUrl(uri, variables, env), schema: `nexus-${namespace}` }
}
