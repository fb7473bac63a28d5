import type { StorageBackend } from '../../storage/storage-backend.ts'
import type { Law } from '../law.ts'

/** Every law of `StorageBackend`. */
export const storageLaws: readonly Law<StorageBackend>[] = []
