// Guards: storage-backends/azure/*.ts, storage-backends/object-store/*.ts

import { registerLaws, storageLaws } from '@nexusfs/conformance'
import { describe, it } from 'vitest'
import { serverOptions } from './azure-server.test-fixture.ts'
import azureSubject from './azure-subject.test-fixture.ts'

const options = await serverOptions()

describe.skipIf(options === undefined)('AzureBackend on a real server', () => {
  registerLaws(azureSubject(options ?? { container: '' }), { describe, it }, storageLaws)
})
