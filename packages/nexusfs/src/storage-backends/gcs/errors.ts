import type { NexusError } from '../../core/errors.ts'
import { type ErrorTable, errnoOf, translator } from '../../engine-kit/error-table.ts'
import { factOf, httpTable, objectFailure, retryAfter } from '../object-store/failures.ts'
import type { FailedObjectCall } from '../object-store/object-client.ts'
import type { GcsSettings } from './options.ts'
import { GcsFailure } from './requests.ts'

const keyFile =
  'set GOOGLE_APPLICATION_CREDENTIALS to the key file of a service account, or run `gcloud auth application-default login`'
const renew = 'run `gcloud auth application-default login`, or renew the key that GOOGLE_APPLICATION_CREDENTIALS names'
const silent = 'what answers at the endpoint does not speak the language of Google Cloud Storage'
const later = 'try again later'
const again = 'write the blob again: the upload then begins anew'
const billing = 'check the billing of its project'
const broken = { code: 'Unavailable', summary: 'the connection broke', advice: 'check the endpoint and the network' } as const

/** What Google Cloud Storage and its clients answer with: reasons of the service, names of ours, codes of `fetch`. */
const gcsTable: ErrorTable = {
  ...httpTable,
  NoSuchObject: { code: 'NotFound', summary: 'there is no such blob' },
  NoSuchBucket: {
    code: 'InvalidConfig',
    summary: 'there is no such bucket',
    advice: 'make it, or correct its name or the endpoint',
  },
  NoCredentials: { code: 'InvalidConfig', summary: 'no credentials were found', advice: keyFile },
  required: { code: 'PermissionDenied', summary: 'the service asks for credentials', advice: keyFile },
  authError: { code: 'PermissionDenied', summary: 'the credentials have expired or are not valid', advice: renew },
  invalid_grant: { code: 'PermissionDenied', summary: 'the credentials have expired or were withdrawn', advice: renew },
  forbidden: { code: 'PermissionDenied', summary: 'these credentials may not do that' },
  retentionPolicyNotMet: {
    code: 'PermissionDenied',
    summary: 'a retention policy of the bucket keeps the blob',
    advice: 'take the policy off',
  },
  accountDisabled: { code: 'PermissionDenied', summary: 'the account of the bucket is closed', advice: billing },
  userProjectMissing: {
    code: 'InvalidConfig',
    summary: 'requests to this bucket are charged to who makes them, which is not supported',
    advice: 'turn "requester pays" off',
  },
  rateLimitExceeded: { code: 'RateLimited', summary: 'the service asks for fewer requests', advice: later },
  userRateLimitExceeded: { code: 'RateLimited', summary: 'the service asks for fewer requests', advice: later },
  conditionNotMet: { code: 'Conflict', summary: 'the blob was replaced while it was read', advice: 'read it again' },
  conflict: { code: 'Unavailable', summary: 'another request to the same object is under way', advice: later },
  UploadGone: { code: 'Unavailable', summary: 'the upload has expired', advice: again },
  LostChunk: { code: 'Unavailable', summary: 'the service has lost a part of the upload', advice: again },
  DamagedUpload: { code: 'Unavailable', summary: 'the bytes were damaged on their way, and removed', advice: again },
  Stalled: { code: 'Unavailable', summary: 'the service has not stored what was sent', advice: later },
  NoAnswer: { code: 'Unavailable', summary: 'the service has not answered a part of the request', advice: later },
  SyntaxError: { code: 'InvalidConfig', summary: silent, advice: 'check the endpoint' },
  'HTTP 400': { code: 'InvalidConfig', summary: silent, advice: 'check the endpoint' },
  'HTTP 404': { code: 'InvalidConfig', summary: silent, advice: 'check the endpoint' },
  UND_ERR_SOCKET: broken,
  UND_ERR_CONNECT_TIMEOUT: { ...broken, summary: 'the endpoint cannot be reached' },
  UND_ERR_HEADERS_TIMEOUT: broken,
  UND_ERR_BODY_TIMEOUT: broken,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: broken,
}

const translate = translator(gcsTable)

/** The permissions that a call needs; all of them are in the role `roles/storage.objectUser`. */
const permissions: Readonly<Record<string, string>> = {
  'storage.open': 'storage.objects.list',
  'storage.put': 'storage.objects.create',
  'storage.get': 'storage.objects.get and storage.objects.list',
  'storage.stream': 'storage.objects.get and storage.objects.list',
  'storage.stat': 'storage.objects.get and storage.objects.list',
  'storage.delete': 'storage.objects.delete',
  'storage.list': 'storage.objects.list',
  'storage.drop': 'storage.objects.list and storage.objects.delete',
}

/** Those that trying the same part again cannot mend. */
const endsUpload = new Set(['UploadGone', 'LostChunk', 'DamagedUpload'])

/** What was thrown, without the request, and with what to do about it. */
export function toNexusError(
  error: unknown,
  work: FailedObjectCall,
  settings: GcsSettings,
  secrets: Iterable<string>,
): NexusError {
  const { operation, key } = work
  // Of what went wrong below it, `fetch` says only in the cause.
  const cause = error instanceof Error && errnoOf(error.cause) !== undefined ? error.cause : error
  const facts = {
    name: error instanceof Error ? error.name : 'Unknown',
    message: cause instanceof Error ? cause.message : String(cause),
    status: error instanceof GcsFailure ? error.status : undefined,
    errno: errnoOf(cause),
  }
  const failure = objectFailure(facts, gcsTable, secrets)
  const translated = translate(failure, {
    operation,
    subject: key === undefined ? `in ${settings.location}` : `${key} in ${settings.location}`,
    context: { key, location: settings.location, ...retryAfter(factOf(error, 'retryAfter')) },
  })
  if (endsUpload.has(failure.code)) return translated.with({ retry: 'exhausted', cause: failure })
  if (failure.code !== 'forbidden') return translated
  const permission = permissions[operation] ?? 'roles/storage.objectUser'
  return translated.with({ advice: `allow ${permission} on the bucket ${settings.bucket}`, cause: failure })
}
