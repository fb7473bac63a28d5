import type { NexusError } from '../../core/errors.ts'
import { type ErrorTable, errnoOf, translator } from '../../engine-kit/error-table.ts'
import { factOf, httpTable, objectFailure, retryAfter } from '../object-store/failures.ts'
import type { FailedObjectCall } from '../object-store/object-client.ts'
import type { S3Settings } from './options.ts'

const clock = 'set the clock of this machine (NTP)'
const keys = 'check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'
const damaged = 'the bytes were damaged on their way'
const region = 'the bucket is in another region'
const silent = 'what answers at the endpoint does not speak S3'

/** What S3 and the services that speak its language answer with. */
const s3Table: ErrorTable = {
  ...httpTable,
  NoSuchKey: { code: 'NotFound', summary: 'there is no such blob' },
  NoSuchBucket: {
    code: 'InvalidConfig',
    summary: 'there is no such bucket',
    advice: 'make it, or correct its name or the endpoint',
  },
  NoSuchUpload: {
    code: 'Unexpected',
    summary: 'the parts of the blob are gone',
    advice: 'does a lifecycle rule remove them too soon?',
  },
  InvalidBucketName: { code: 'InvalidConfig', summary: 'the service takes no bucket of that name', advice: 'correct it' },
  AccessDenied: { code: 'PermissionDenied', summary: 'these credentials may not do that' },
  AllAccessDisabled: { code: 'PermissionDenied', summary: 'the owner of the bucket has closed it', advice: 'ask them' },
  InvalidAccessKeyId: { code: 'PermissionDenied', summary: 'the service does not know the access key', advice: keys },
  SignatureDoesNotMatch: { code: 'PermissionDenied', summary: 'the secret does not belong to the access key', advice: keys },
  ExpiredToken: { code: 'PermissionDenied', summary: 'the credentials have expired', advice: 'renew them (aws sso login)' },
  TokenRefreshRequired: {
    code: 'PermissionDenied',
    summary: 'the credentials have expired',
    advice: 'renew them (aws sso login)',
  },
  InvalidToken: {
    code: 'PermissionDenied',
    summary: 'the session token is not valid',
    advice: 'renew AWS_SESSION_TOKEN, or unset it',
  },
  CredentialsProviderError: {
    code: 'InvalidConfig',
    summary: 'no credentials were found',
    advice: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
  },
  RequestTimeTooSkewed: {
    code: 'InvalidConfig',
    summary: 'the clock differs from that of the service by too much',
    advice: clock,
  },
  RequestExpired: { code: 'InvalidConfig', summary: 'the clock differs from that of the service by too much', advice: clock },
  AuthorizationHeaderMalformed: { code: 'InvalidConfig', summary: region, advice: 'set region in the URI, or AWS_REGION' },
  PermanentRedirect: { code: 'InvalidConfig', summary: region, advice: 'set region in the URI, or AWS_REGION' },
  'HTTP 301': { code: 'InvalidConfig', summary: region, advice: 'set region in the URI, or AWS_REGION' },
  'HTTP 404': { code: 'InvalidConfig', summary: silent, advice: 'check the endpoint' },
  SyntaxError: { code: 'InvalidConfig', summary: silent, advice: 'check the endpoint' },
  PreconditionFailed: { code: 'Conflict', summary: 'the blob was replaced while it was read', advice: 'read it again' },
  BadDigest: { code: 'Unavailable', summary: damaged },
  XAmzContentSHA256Mismatch: { code: 'Unavailable', summary: damaged },
  XAmzContentChecksumMismatch: { code: 'Unavailable', summary: damaged },
  IncompleteBody: { code: 'Unavailable', summary: damaged },
  RequestTimeout: { code: 'Unavailable', summary: 'the request did not arrive in time' },
  SlowDown: { code: 'RateLimited', summary: 'the service asks for fewer requests', advice: 'try again later' },
  InternalError: { code: 'Unavailable', summary: 'the service failed', advice: 'try again later' },
  OperationAborted: { code: 'Unavailable', summary: 'another request to the same object is under way', advice: 'try again' },
  ConditionalRequestConflict: {
    code: 'Unavailable',
    summary: 'another request to the same object is under way',
    advice: 'try again',
  },
  EntityTooLarge: { code: 'InvalidArgument', summary: 'the service takes no object of that size' },
  QuotaExceeded: {
    code: 'QuotaExceeded',
    summary: 'the quota of the bucket or user is used up',
    advice: 'raise it, or prune and remove files',
  },
  InvalidObjectState: {
    code: 'Unavailable',
    summary: 'the blob lies in an archive',
    advice: 'restore it there; no lifecycle rule may archive blobs',
  },
  NotImplemented: {
    code: 'Unsupported',
    summary: 'the service lacks what the client relies on',
    advice: 'is the endpoint the right one?',
  },
}

const translate = translator(s3Table)

/** The permissions that a call needs; without the second of `get`, an absent object is refused too. */
const permissions: Readonly<Record<string, string>> = {
  'storage.open': 's3:ListBucket on the bucket',
  'storage.put': 's3:PutObject and s3:AbortMultipartUpload on its objects',
  'storage.get': 's3:GetObject on its objects, and s3:ListBucket on the bucket',
  'storage.stream': 's3:GetObject on its objects, and s3:ListBucket on the bucket',
  'storage.stat': 's3:GetObject on its objects, and s3:ListBucket on the bucket',
  'storage.delete': 's3:DeleteObject on its objects',
  'storage.list': 's3:ListBucket on the bucket',
  'storage.drop': 's3:ListBucket and s3:ListBucketMultipartUploads on the bucket',
}

/** What the SDK throws, without the request that it carries, and with what to do about it. */
export function toNexusError(
  error: unknown,
  work: FailedObjectCall,
  settings: S3Settings,
  secrets: Iterable<string>,
): NexusError {
  const { operation, key } = work
  const message = error instanceof Error ? error.message : String(error)
  const failure = objectFailure(
    { name: failureName(error), message, status: statusOf(error), errno: errnoOf(error) },
    s3Table,
    secrets,
  )
  const subject = key === undefined ? `in ${settings.location}` : `${key} in ${settings.location}`
  const translated = translate(failure, {
    operation,
    subject,
    context: { key, location: settings.location, ...retryAfter(factOf(error, '$response', 'headers', 'retry-after')) },
  })
  if (failure.code === 'AccessDenied') {
    return translated.with({ advice: `allow ${permissions[operation] ?? 's3:*'} (${settings.bucket})`, cause: failure })
  }
  // The SDK has set its clock by the answer: the next attempt may pass.
  if (failure.code === 'RequestTimeTooSkewed') return translated.with({ retry: 'safe', cause: failure })
  const expected = regionOf(error)
  return expected === undefined
    ? translated
    : translated.with({ advice: `set region=${expected}, not ${settings.region}`, cause: failure })
}

/** The name that the service gave it. */
export function failureName(error: unknown): string {
  if (!(error instanceof Error)) return 'Unknown'
  // Of a body that is not XML the SDK says so in the text alone; a failing gateway's page is one, too.
  if (!/XML parse error|Deserialization error/.test(error.message)) return error.name
  return (statusOf(error) ?? 0) < 500 ? 'SyntaxError' : 'Unknown'
}

/** The service has understood the request, and refuses it. */
export function isRefusal(error: unknown): boolean {
  const status = statusOf(error) ?? 0
  return status >= 400 && status < 500 && status !== 408 && status !== 429
}

function statusOf(error: unknown): number | undefined {
  const status = factOf(error, '$metadata', 'httpStatusCode')
  return typeof status === 'number' ? status : undefined
}

/** Of a bucket in another region: which one. */
function regionOf(error: unknown): string | undefined {
  const named = factOf(error, 'Region') ?? factOf(error, '$response', 'headers', 'x-amz-bucket-region')
  const isRedirect = /^(?:AuthorizationHeaderMalformed|PermanentRedirect)$/.test(failureName(error)) || statusOf(error) === 301
  return isRedirect && typeof named === 'string' && /^[a-z0-9-]{1,64}$/.test(named) ? named : undefined
}
