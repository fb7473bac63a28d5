import { randomBytes } from 'node:crypto'
import { requireOrSkip } from '../../../../../services/require-or-skip.ts'
import { optionsOfUri, type S3BackendOptions } from './options.ts'

/**
 * A prefix of the test's own in the bucket of the real server: the one that `AWS_ENDPOINT_URL` and `AWS_BUCKET` name, else one that this
 * process starts. `undefined` where there is none. What is put there is the test's to remove (`S3Backend.drop`).
 */
export async function serverOptions(): Promise<S3BackendOptions | undefined> {
  const service = await requireOrSkip('s3')
  if (service === undefined) return undefined
  const options = optionsOfUri('s3:', service.env)
  return { ...options, prefix: `nexus-test-${randomBytes(6).toString('hex')}` }
}
