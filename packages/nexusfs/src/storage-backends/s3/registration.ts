import type { StorageRegistration } from '../../engine-kit/registration.ts'
import { objectRegistration } from '../object-store/object-registration.ts'
import { optionsOfUri } from './options.ts'

/** S3: every namespace is a prefix of its own in the bucket that `AWS_BUCKET` names. */
export const s3Registration: StorageRegistration = objectRegistration({
  label: 'S3',
  env: { all: ['AWS_BUCKET'], secret: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] },
  bareUri: 's3:',
  optionsOf: optionsOfUri,
  load: async () => (await import('./s3-backend.ts')).S3Backend,
})
