// Guards: metadata-stores/redis/*.ts

import { metadataLaws, registerLaws } from '@nexusfs/conformance'
import { describe, it } from 'vitest'
import { requireOrSkip } from '../../../../../services/require-or-skip.ts'
import redisSubject from './redis-subject.test-fixture.ts'

const redis = await requireOrSkip('redis')

describe.skipIf(redis === undefined)('RedisStore on a real server', () => {
  registerLaws(redisSubject({ url: redis?.url ?? '' }), { describe, it }, metadataLaws)
})
