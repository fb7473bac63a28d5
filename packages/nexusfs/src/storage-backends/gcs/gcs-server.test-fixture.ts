import { randomBytes } from 'node:crypto'
import { requireOrSkip } from '../../../../../services/require-or-skip.ts'
import { type GCSBackendOptions, optionsOfUri } from './options.ts'

/**
 * A prefix of the test's own in the bucket of the real server: the one that `STORAGE_EMULATOR_HOST` and `GCS_BUCKET` name, else one that
 * this process starts. `undefined` where there is none. What is put there is the test's to remove (`GCSBackend.drop`).
 */
export async function serverOptions(): Promise<GCSBackendOptions | undefined> {
  const service = await requireOrSkip('gcs')
  if (service === undefined) return undefined
  return { ...optionsOfUri('gs:', service.env), prefix: `nexus-test-${randomBytes(6).toString('hex')}` }
}
