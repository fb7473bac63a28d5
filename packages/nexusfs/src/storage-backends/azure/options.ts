import type { Environment } from '../../engine-kit/registration.ts'
import { checkEndpoint, keyPrefix, objectLocation, parseObjectUri, refuseConfig } from '../object-store/object-uri.ts'
import type { ObjectTimeouts } from '../object-store/retries.ts'

/** Where the blobs are, and how they are reached. What is left out comes from the environment of the process. */
export interface AzureBackendOptions {
  readonly container: string
  /** What the names of all blobs begin with; a slash is put behind it. Default: none, the whole container. */
  readonly prefix?: string | undefined
  /** The storage account. Default: that of the connection string, else `AZURE_STORAGE_ACCOUNT`. */
  readonly account?: string | undefined
  /** `https://host` of the account. Default: `https://ACCOUNT.blob.core.windows.net`. Not used with a connection string. */
  readonly endpoint?: string | undefined
  /**
   * With the key of the account, or with a shared access signature. Default: `AZURE_STORAGE_CONNECTION_STRING`, unless `account` names
   * another account; without one, what `DefaultAzureCredential` finds.
   */
  readonly connectionString?: string | undefined
  readonly timeouts?: ObjectTimeouts | undefined
  /** Cancels opening. */
  readonly signal?: AbortSignal | undefined
}

/** What the options say, checked. */
export interface AzureSettings {
  readonly container: string
  readonly prefix: string
  readonly account: string
  /** Without a connection string, where the account is. */
  readonly endpoint: string
  readonly connectionString: string | undefined
  /** What no text may show. */
  readonly secrets: readonly string[]
  readonly location: string
}

/**
 * The options in `azure://container/prefix?account=&endpoint=`; a bare `azure:` is filled from `AZURE_CONTAINER`.
 * @throws {NexusError} InvalidConfig, never with what may be a secret
 */
export function optionsOfUri(uri: string, env: Environment): AzureBackendOptions {
  const { bucket, prefix, parameters } = parseObjectUri(uri, ['account', 'endpoint'])
  const advice = 'set AZURE_CONTAINER, or write azure://CONTAINER'
  const account = parameters.get('account')
  return {
    container: bucket || env.AZURE_CONTAINER || refuseConfig('azure', 'the URI names no container', advice),
    prefix,
    account: account || accountIn(env),
    endpoint: parameters.get('endpoint'),
    connectionString: connectionStringIn(env, account),
  }
}

/** @throws {NexusError} InvalidConfig, never with a secret */
export function toAzureSettings(options: AzureBackendOptions, env: Environment = process.env): AzureSettings {
  const { container } = options
  const prefix = keyPrefix('azure', container, options.prefix ?? '')
  const connectionString = options.connectionString ?? connectionStringIn(env, options.account)
  const parts = partsOf(connectionString)
  const account = parts.AccountName ?? options.account ?? accountIn(env)
  if (account === undefined || !/^[a-z0-9]{3,24}$/.test(account)) {
    const advice = 'set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT to a name of 3 to 24 letters and digits'
    refuseConfig('azure', 'no storage account is named', advice)
  }
  const endpoint = checkEndpoint('azure', options.endpoint)
  const location = objectLocation('azure', container, prefix, { account, endpoint })
  const whole = endpoint ?? `https://${account}.blob.core.windows.net`
  const secrets = [parts.AccountKey ?? '', ...new URLSearchParams(parts.SharedAccessSignature ?? '').values()]
  return { container, prefix, account, endpoint: whole, connectionString, secrets: secrets.filter(isSecret), location }
}

/** Of a signature, its parts that are as short as a date or a letter say nothing. */
function isSecret(text: string): boolean {
  return text.length > 20
}

function accountIn(env: Environment): string | undefined {
  return env.AZURE_STORAGE_ACCOUNT || undefined
}

function connectionStringIn(env: Environment, account: string | undefined): string | undefined {
  const text = env.AZURE_STORAGE_CONNECTION_STRING || undefined
  return account === undefined || partsOf(text).AccountName === account ? text : undefined
}

type ConnectionParts = Readonly<Record<'AccountName' | 'AccountKey' | 'SharedAccessSignature', string | undefined>>

/** With a signature, the account may be in the host name alone. */
function partsOf(text = ''): ConnectionParts {
  const part = (name: string): string | undefined => new RegExp(`(?:^|;)\\s*${name}=([^;]*)`, 'i').exec(text)?.[1]
  return {
    AccountName: part('AccountName') ?? /^https?:\/\/([a-z0-9]+)\./.exec(part('BlobEndpoint') ?? '')?.[1],
    AccountKey: part('AccountKey'),
    SharedAccessSignature: part('SharedAccessSignature'),
  }
}
