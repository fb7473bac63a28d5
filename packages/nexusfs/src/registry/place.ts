import { join } from 'node:path'
import type { DurabilityClass } from '../core/durability.ts'
import { NexusError } from '../core/errors.ts'
import type { OpenContext } from './registration.ts'
import { parseUri, pathOfUri } from './uri.ts'

/** The name in `memory:NAME`; `undefined` for `memory:`, which is a place of its own at every opening. */
export function memoryName(uri: string): string | undefined {
  const { rest } = parseUri(uri)
  return rest === '' ? undefined : rest
}

/** The folder of a fresh place on the local disk: in the folder that the URI names, else in the temporary one. */
export function namespaceFolder({ uri, tmpDir, namespace, cwd = process.cwd() }: OpenContext): string {
  return join(uri === undefined ? tmpDir : pathOfUri(uri, cwd), namespace)
}

/** The file of a fresh place on the local disk: beside the file that the URI names, else in the temporary folder. */
export function namespaceFile({ uri, tmpDir, namespace, cwd = process.cwd() }: OpenContext): string {
  return uri === undefined ? join(tmpDir, `${namespace}.db`) : `${pathOfUri(uri, cwd)}.${namespace}`
}

/**
 * What a place on the local disk can be asked to promise; `disk` if absent.
 * @throws {NexusError} Unsupported for a class that one disk cannot keep
 */
export function diskDurability(asked: DurabilityClass | undefined): 'os' | 'disk' {
  if (asked === undefined) return 'disk'
  if (asked === 'os' || asked === 'disk') return asked
  throw new NexusError('Unsupported', `durability "${asked}": a local disk promises "os" or "disk"`)
}
