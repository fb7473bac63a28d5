import { type DurabilityClass, weakerDurability } from '../../core/durability.ts'
import { NexusError } from '../../core/errors.ts'
import type { Environment, MetadataRegistration, OpenContext } from '../../engine-kit/registration.ts'
import { serverUrl } from '../../engine-kit/uri.ts'
import type { MetadataStoreInfo } from '../../metadata/metadata-store.ts'

const variable = 'REDIS_URL'

/** Redis: every namespace is a prefix of its own in the database that `REDIS_URL` names. */
export const redisRegistration: MetadataRegistration = {
  label: 'Redis',
  schemes: ['rediss'],
  env: { all: [variable], secret: [variable] },
  traits: { durability: 'disk', remote: true },
  async probe({ env, signal }) {
    const { RedisStore } = await import('./redis-store.ts')
    const { durability, settings, rttMs } = await RedisStore.probe({ url: urlOf('redis:', env), signal })
    return { ok: true, detail: `Redis ${settings.version}, appendfsync ${settings.appendfsync}`, rttMs, durability }
  },
  async open(context) {
    const { RedisStore } = await import('./redis-store.ts')
    return RedisStore.open({ ...placeOf(context), signal: context.signal })
  },
  async dispose(_port, context) {
    const { RedisStore } = await import('./redis-store.ts')
    await RedisStore.drop(placeOf(context))
  },
  async openUri(uri, { env, create, durability, signal }) {
    const { RedisStore } = await import('./redis-store.ts')
    const store = await RedisStore.open({ url: urlOf(uri, env), create, signal })
    try {
      refuseWeaker(store.info, durability)
      return store
    } catch (error) {
      await store.close()
      throw error
    }
  },
}

function placeOf({ uri = 'redis:', env, namespace }: OpenContext): { readonly url: string; readonly prefix: string } {
  return { url: urlOf(uri, env), prefix: `nexus-${namespace}:` }
}

function urlOf(uri: string, env: Environment): string {
  const url = serverUrl(uri, [variable], env)
  if (!uri.startsWith('rediss:') || url.startsWith('rediss:')) return url
  throw new NexusError('InvalidConfig', `rediss: asks for TLS, and ${variable} does not`, {
    advice: 'write rediss:// there, or redis: here',
  })
}

/** The server's settings decide; this client cannot change them. */
function refuseWeaker({ durability, location }: MetadataStoreInfo, asked: DurabilityClass | undefined): void {
  if (asked === undefined || weakerDurability(durability, asked) === asked) return
  const advice = asked === 'replicated' ? 'ask for disk' : 'set appendfsync always and no-appendfsync-on-rewrite no'
  throw new NexusError('InvalidConfig', `redis: ${location} keeps class ${durability}, and ${asked} is asked for`, {
    advice,
  })
}
