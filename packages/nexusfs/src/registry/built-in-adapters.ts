import type { MetadataRegistration, StorageRegistration } from '../engine-kit/registration.ts'
import { memoryRegistration as memoryStoreRegistration } from '../metadata-stores/memory/registration.ts'
import { postgresRegistration } from '../metadata-stores/postgres/registration.ts'
import { redisRegistration } from '../metadata-stores/redis/registration.ts'
import { sqliteRegistration } from '../metadata-stores/sqlite/registration.ts'
import { azureRegistration } from '../storage-backends/azure/registration.ts'
import { gcsRegistration } from '../storage-backends/gcs/registration.ts'
import { localRegistration } from '../storage-backends/local/registration.ts'
import { memoryRegistration } from '../storage-backends/memory/registration.ts'
import { s3Registration } from '../storage-backends/s3/registration.ts'

/** The storage backends that come with Nexus. A new one is one more line here: its name and its registration. */
export const builtInStorages: Readonly<Record<string, StorageRegistration>> = {
  local: localRegistration,
  memory: memoryRegistration,
  s3: s3Registration,
  gcs: gcsRegistration,
  azure: azureRegistration,
}

/** The metadata stores that come with Nexus. A new one is one more line here: its name and its registration. */
export const builtInMetadata: Readonly<Record<string, MetadataRegistration>> = {
  sqlite: sqliteRegistration,
  memory: memoryStoreRegistration,
  postgres: postgresRegistration,
  redis: redisRegistration,
}
