// Guards: storage-backends/s3/*.ts, storage-backends/object-store/*.ts

import { registerLaws, storageLaws } from '@nexusfs/conformance'
import { describe, it } from 'vitest'
import { serverOptions } from './s3-server.test-fixture.ts'
import s3Subject from './s3-subject.test-fixture.ts'

const options = await serverOptions()

describe.skipIf(options === undefined)('S3Backend on a real server', () => {
  registerLaws(s3Subject(options ?? { bucket: '' }), { describe, it }, storageLaws)
})
