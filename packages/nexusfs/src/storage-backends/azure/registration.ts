import type { StorageRegistration } from '../../engine-kit/registration.ts'
import { objectRegistration } from '../object-store/object-registration.ts'
import { optionsOfUri } from './options.ts'

/** Azure Blob Storage: every namespace is a prefix of its own in the container that `AZURE_CONTAINER` names. */
export const azureRegistration: StorageRegistration = objectRegistration({
  label: 'Azure Blob Storage',
  env: { all: ['AZURE_CONTAINER'], secret: ['AZURE_STORAGE_CONNECTION_STRING'] },
  bareUri: 'azure:',
  optionsOf: optionsOfUri,
  load: async () => (await import('./azure-backend.ts')).AzureBackend,
})
