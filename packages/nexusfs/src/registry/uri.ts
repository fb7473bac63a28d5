import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NexusError } from '../core/errors.ts'
import { redactSecrets } from './redact.ts'

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
 * The place on the local disk that a URI names: `local:DIR`, `file:DIR`, `file:///DIR`, `sqlite:FILE` or a bare path. `~/` at its
 * beginning is the home folder, as no shell sees a config, nor what follows a `=`.
 * @throws {NexusError} InvalidArgument if it names none
 */
export function pathOfUri(text: string, cwd: string): string {
  const { scheme, rest } = parseUri(text)
  if (rest === '' || rest === ':memory:') {
    throw new NexusError('InvalidArgument', `"${text}" names no place on disk`, {
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
