import type { StorageRegistration } from '../../engine-kit/registration.ts'
import { objectRegistration } from '../object-store/object-registration.ts'
import { optionsOfUri } from './options.ts'

/** Google Cloud Storage: every namespace is a prefix of its own in the bucket that `GCS_BUCKET` names. */
export const gcsRegistration: StorageRegistration = objectRegistration({
  label: 'Google Cloud Storage',
  schemes: ['gs'],
  env: { all: ['GCS_BUCKET'] },
  bareUri: 'gs:',
  optionsOf: optionsOfUri,
  load: async () => (await import('./gcs-backend.ts')).GCSBackend,
})
