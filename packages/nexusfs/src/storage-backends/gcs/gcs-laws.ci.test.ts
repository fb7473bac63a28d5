// Guards: storage-backends/gcs/*.ts, storage-backends/object-store/*.ts

import { registerLaws, storageLaws } from '@nexusfs/conformance'
import { describe, it } from 'vitest'
import { serverOptions } from './gcs-server.test-fixture.ts'
import gcsSubject from './gcs-subject.test-fixture.ts'

const options = await serverOptions()

describe.skipIf(options === undefined)('GCSBackend on a real server', () => {
  registerLaws(gcsSubject(options ?? { bucket: '' }), { describe, it }, storageLaws)
})
