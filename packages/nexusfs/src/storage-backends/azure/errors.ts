import type { NexusError } from '../../core/errors.ts'
import { type ErrorTable, errnoOf, translator } from '../../engine-kit/error-table.ts'
import { factOf, httpTable, objectFailure, retryAfter } from '../object-store/failures.ts'
import type { FailedObjectCall } from '../object-store/object-client.ts'
import type { AzureSettings } from './options.ts'

const key = 'check AZURE_STORAGE_CONNECTION_STRING, and the clock of this machine'
const login = 'set AZURE_STORAGE_CONNECTION_STRING, or run `az login`'
const later = 'try again later'
const silent = 'what answers at the endpoint does not speak the language of Azure Blob Storage'
const full = 'raise it, or prune and remove files'
const damaged = { code: 'Unavailable', summary: 'the bytes were damaged on their way' } as const
const noRight = { code: 'PermissionDenied', summary: 'these credentials may not do that' } as const
const noCredentials = { code: 'InvalidConfig', summary: 'no credentials were found', advice: login } as const
const expired = { code: 'PermissionDenied', summary: 'the credentials have expired or are not valid', advice: login } as const

/** What Azure Blob Storage, and the package that finds credentials, answer with. */
const azureTable: ErrorTable = {
  ...httpTable,
  BlobNotFound: { code: 'NotFound', summary: 'there is no such blob' },
  ContainerNotFound: {
    code: 'InvalidConfig',
    summary: 'there is no such container',
    advice: 'make it, or correct its name or the account',
  },
  ContainerBeingDeleted: { code: 'InvalidConfig', summary: 'the container is being deleted', advice: 'name another' },
  ContainerDisabled: { code: 'InvalidConfig', summary: 'the container is disabled', advice: 'ask its owner' },
  InvalidResourceName: {
    code: 'InvalidConfig',
    summary: 'the service takes no container of that name',
    advice: 'write lower-case letters, digits and single hyphens',
  },
  AccountIsDisabled: { code: 'PermissionDenied', summary: 'the account is disabled', advice: 'check its billing' },
  AuthenticationFailed: { code: 'PermissionDenied', summary: 'the key or the signature is refused or has expired', advice: key },
  InvalidAuthenticationInfo: expired,
  AuthenticationError: expired,
  NoAuthenticationInformation: { code: 'PermissionDenied', summary: 'the service asks for credentials', advice: login },
  PublicAccessNotPermitted: { code: 'PermissionDenied', summary: 'the service asks for credentials', advice: login },
  CredentialUnavailableError: noCredentials,
  AggregateAuthenticationError: noCredentials,
  AuthorizationFailure: { ...noRight, summary: 'the firewall of the account, or a missing right, refuses this' },
  AuthorizationPermissionMismatch: noRight,
  InsufficientAccountPermissions: noRight,
  AuthorizationServiceMismatch: noRight,
  AuthorizationResourceTypeMismatch: noRight,
  BlobImmutableDueToPolicy: {
    code: 'PermissionDenied',
    summary: 'an immutability policy keeps the blob',
    advice: 'take the policy off',
  },
  BlobArchived: {
    code: 'Unavailable',
    summary: 'the blob lies in an archive',
    advice: 'restore it there; no lifecycle rule may archive blobs',
  },
  ConditionNotMet: { code: 'Conflict', summary: 'the blob was replaced while it was read', advice: 'read it again' },
  Md5Mismatch: damaged,
  InvalidMd5: damaged,
  InvalidBlockList: {
    code: 'Unavailable',
    summary: 'the service has lost a part of the upload',
    advice: 'write the blob again: the upload then begins anew',
  },
  ServerBusy: { code: 'RateLimited', summary: 'the service asks for fewer requests', advice: later },
  InternalError: { code: 'Unavailable', summary: 'the service failed', advice: later },
  OperationTimedOut: { code: 'Unavailable', summary: 'the service took too long', advice: later },
  NoAnswer: { code: 'Unavailable', summary: 'the service has not answered a part of the request', advice: later },
  InsufficientStorage: { code: 'QuotaExceeded', summary: 'the quota of the account is used up', advice: full },
  PARSE_ERROR: { code: 'InvalidConfig', summary: silent, advice: 'check the endpoint' },
  SyntaxError: { code: 'InvalidConfig', summary: silent, advice: 'check the endpoint' },
  'HTTP 400': { code: 'InvalidConfig', summary: silent, advice: 'check the endpoint' },
  'HTTP 404': { code: 'InvalidConfig', summary: silent, advice: 'check the endpoint' },
}

const translate = translator(azureTable)

/** What a shared access signature must allow; the role `Storage Blob Data Contributor` has them all. */
const permissions: Readonly<Record<string, string>> = {
  'storage.open': 'List',
  'storage.put': 'Create and Write',
  'storage.get': 'Read',
  'storage.stream': 'Read',
  'storage.stat': 'Read',
  'storage.delete': 'Delete',
  'storage.list': 'List',
  'storage.drop': 'List and Delete',
}

/** What the SDK throws, without the request that it carries, and with what to do about it. */
export function toNexusError(error: unknown, work: FailedObjectCall, settings: AzureSettings): NexusError {
  const { operation, key: blob } = work
  const [name, status] = [failureName(error), factOf(error, 'statusCode')]
  const facts = {
    name,
    message: error instanceof Error ? error.message : String(error),
    status: typeof status === 'number' ? status : undefined,
    errno: name === 'Unknown' ? undefined : errnoOf(error),
  }
  const failure = objectFailure(facts, azureTable, settings.secrets)
  const translated = translate(failure, {
    operation,
    subject: blob === undefined ? `in ${settings.location}` : `${blob} in ${settings.location}`,
    context: { key: blob, location: settings.location, ...retryAfter(factOf(error, 'retryAfter') ?? headerOf(error)) },
  })
  // Nothing that is sent again brings the parts back.
  if (failure.code === 'InvalidBlockList') return translated.with({ retry: 'exhausted', cause: failure })
  if (!/^(?:Authorization\w+|InsufficientAccountPermissions)$/.test(failure.code)) return translated
  const advice = `allow ${permissions[operation] ?? 'all'} on the container ${settings.container}, as "Storage Blob Data Contributor" does`
  return translated.with({ advice, cause: failure })
}

/** The name that the service gave it. */
export function failureName(error: unknown): string {
  const code = factOf(error, 'code') ?? factOf(error, 'details', 'errorCode')
  // A failing gateway's page is not XML either.
  if (code === 'PARSE_ERROR' && Number(factOf(error, 'statusCode')) >= 500) return 'Unknown'
  if (typeof code === 'string' && code !== '' && code !== 'REQUEST_SEND_ERROR') return code
  return error instanceof Error ? error.name : 'Unknown'
}

function headerOf(error: unknown): unknown {
  const headers: unknown = factOf(error, 'response', 'headers')
  const get = factOf(headers, 'get')
  return typeof get === 'function' ? get.call(headers, 'retry-after') : undefined
}
