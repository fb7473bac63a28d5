import { lstatSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { NexusError } from '../../core/errors.ts'
import { errnoTable, translator } from '../../engine-kit/error-table.ts'
import { shown } from '../model/take-options.ts'

const translate = translator({
  ...errnoTable,
  ERR_INVALID_ARG_TYPE: { code: 'InvalidArgument' },
  ERR_INVALID_ARG_VALUE: { code: 'InvalidArgument' },
})

/** For `catch`: turns an error of the local file system, outside any store, into ours. */
export function localError(operation: string, location: string): (error: unknown) => never {
  return (error) => {
    const told = translate(error, { operation, subject: location, context: { location } })
    throw told.code === 'NotFound' ? told.with({ ...absence(operation, location), cause: error }) : told
  }
}

/** Which name of a path is the missing one: the outermost. */
function absence(operation: string, location: string): { readonly summary: string; readonly advice?: string } {
  const path = resolve(location)
  let missing = path
  while (dirname(missing) !== missing && !isThere(dirname(missing))) missing = dirname(missing)
  if (missing === path) return { summary: `${operation}: ${location}: it is not there` }
  return { summary: `${operation}: ${location}: the folder ${missing} is not there`, advice: 'make it first' }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return true
  }
}

/**
 * The path of a local file or folder, as it was given.
 * @throws {NexusError} InvalidArgument for what is not a path
 */
export function requireLocalPath(operation: string, given: unknown): string {
  if (typeof given === 'string' && given !== '' && !given.includes('\0')) return given
  throw new NexusError('InvalidArgument', `${operation}: the local path must be a text without NUL, not ${shown(given)}`, {
    operation,
  })
}
