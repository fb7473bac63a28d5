import { NexusError } from '../core/errors.ts'
import type { Environment } from './environment-gate.ts'
import { parseUri } from './uri.ts'

/**
 * The URL of a server: a bare URI (`redis:`, or `postgres:?schema=team`) is filled from the first of these variables that is set; any
 * other is the URL itself. Parameters of a bare URI replace those of the variable.
 * @param variables in order of precedence
 * @throws {NexusError} InvalidConfig if the URI is bare and no variable is set, or the one that is holds no URL; never with its value
 */
export function serverUrl(uri: string, variables: readonly string[], env: Environment): string {
  const { scheme, rest } = parseUri(uri)
  if (rest !== '' && !rest.startsWith('?')) return uri
  const name = variables.find((variable) => (env[variable] ?? '') !== '')
  if (name === undefined) {
    throw new NexusError('InvalidConfig', `${scheme}: names no server`, {
      advice: `set ${variables.join(' or ')}, or write ${scheme}://HOST`,
    })
  }
  return withParameters(name, env[name] ?? '', rest)
}

function withParameters(name: string, value: string, query: string): string {
  const url = URL.parse(value)
  if (url === null)
    throw new NexusError('InvalidConfig', `${name} is not a URL`, { advice: 'write it as scheme://user:password@host:port/...' })
  for (const [parameter, text] of new URLSearchParams(query)) url.searchParams.set(parameter, text)
  return query === '' ? value : url.href
}
