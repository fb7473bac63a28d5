import { describe, it } from 'vitest'
import { requireOrSkip } from '../../../../../services/require-or-skip.ts'
import { metadataLaws } from '../../conformance/metadata/index.ts'
import { registerLaws } from '../../conformance/register-laws.ts'
import { RedisStore } from './redis-store.ts'

const redis = await requireOrSkip('redis')

describe.skipIf(redis === undefined)('RedisStore on a real server', () => {
  const url = redis?.url ?? ''
  registerLaws(
    {
      kind: 'metadata',
      name: 'redis',
      open: (namespace) => RedisStore.open({ url, prefix: `${namespace}:` }),
      dispose: (namespace) => RedisStore.drop({ url, prefix: `${namespace}:` }),
    },
    { describe, it },
    metadataLaws,
  )
})
