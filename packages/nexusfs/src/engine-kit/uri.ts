import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DurabilityClass } from '../core/durability.ts'
import { NexusError } from '../core/errors.ts'
import { redactSecrets } from './redact.ts'
import type { Environment, OpenContext } from './registration.ts'

/** The text of a URI, split at its scheme. */
export interface Uri {
  /** Lower-case letters and digits; absent for a bare path. */
  readonly scheme: string | undefined
  /** What follows the colon; the whole text for a bare path. */
  readonly rest: string
}

/** At least two characters, so that a drive letter is not a scheme. */
const schemePattern = /^(?<scheme>[a-z][a-z0-9]+):(?<rest>.*)$/s

/**
 * @throws {NexusError} InvalidArgument for empty text or text with a NUL
 */
export function parseUri(text: string): Uri {
  if (typeof text !== 'string' || text === '') {
    throw new NexusError('InvalidArgument', 'an empty URI', {
      advice: 'write a folder, or a URI such as local:DIR or sqlite:FILE',
    })
  }
  if (text.includes('\0')) throw new NexusError('InvalidArgument', 'a URI cannot hold a NUL character')
  const found = schemePattern.exec(text)?.groups
  return { scheme: found?.scheme, rest: found?.rest ?? text }
}

/**
 * The path on the local disk that a URI names: `local:DIR`, `file:DIR`, `file:///DIR`, `sqlite:FILE` or a bare path. `~/` at its
 * beginning is the home folder, as no shell sees a config, nor what follows a `=`.
 * @throws {NexusError} InvalidArgument if it names none
 */
export function pathOfUri(text: string, cwd: string): string {
  const { scheme, rest } = parseUri(text)
  if (rest === '' || rest === ':memory:') {
    throw new NexusError('InvalidArgument', `"${text}" names no path on disk`, {
      advice: `write ${scheme}:PATH, or memory: for memory`,
    })
  }
  if (rest.startsWith('///')) return fileURLToPath(`file:${rest}`)
  if (rest.startsWith('//')) {
    throw new NexusError('InvalidArgument', `"${redactSecrets(text)}" names another host`, { advice: `write ${scheme}:PATH` })
  }
  if (rest === '~' || rest.startsWith('~/')) return join(homedir(), rest.slice(1))
  return isAbsolute(rest) ? rest : resolve(cwd, rest)
}

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

/** The name in `memory:NAME`; `undefined` for `memory:`, which is a store of its own at every opening. */
export function memoryName(uri: string): string | undefined {
  const { rest } = parseUri(uri)
  return rest === '' ? undefined : rest
}

/** The folder of a fresh namespace on the local disk: in the folder that the URI names, else in the temporary one. */
export function namespaceFolder({ uri, tmpDir, namespace, cwd = process.cwd() }: OpenContext): string {
  return join(uri === undefined ? tmpDir : pathOfUri(uri, cwd), namespace)
}

/** The file of a fresh namespace on the local disk: beside the file that the URI names, else in the temporary folder. */
export function namespaceFile({ uri, tmpDir, namespace, cwd = process.cwd() }: OpenContext): string {
  return uri === undefined ? join(tmpDir, `${namespace}.db`) : `${pathOfUri(uri, cwd)}.${namespace}`
}

/**
 * What a store on the local disk can be asked to promise; `disk` if absent.
 * @throws {NexusError} Unsupported for a class that one disk cannot keep
 */
export function diskDurability(asked: DurabilityClass | undefined): 'os' | 'disk' {
  if (asked === undefined) return 'disk'
  if (asked === 'os' || asked === 'disk') return asked
  throw new NexusError('Unsupported', `durability "${asked}": a local disk promises "os" or "disk"`)
}
