import { randomBytes } from 'node:crypto'
import { requireOrSkip } from '../../../../../services/require-or-skip.ts'
import { type AzureBackendOptions, optionsOfUri } from './options.ts'

/**
 * A prefix of the test's own in the container of the real server: the one that `AZURE_STORAGE_CONNECTION_STRING` and `AZURE_CONTAINER` name,
 * else one that this process starts. `undefined` where there is none. What is put there is the test's to remove (`AzureBackend.drop`).
 */
export async function serverOptions(): Promise<AzureBackendOptions | undefined> {
  const service = await requireOrSkip('azure')
  if (service === undefined) return undefined
  return { ...optionsOfUri('azure:', service.env), prefix: `nexus-test-${randomBytes(6).toString('hex')}` }
}
