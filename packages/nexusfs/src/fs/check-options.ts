import { NexusError } from '../core/errors.ts'
import { limits } from '../core/limits.ts'

/**
 * Refuses options that cannot be meant, before any I/O. A misspelt name is refused too: a precondition must not get lost.
 * @throws {NexusError} InvalidArgument
 */
export function checkOptions(operation: string, options: unknown): void {
  if (typeof options !== 'object' || options === null) {
    throw new NexusError('InvalidArgument', `${operation}: options are an object, not ${shown(options)}`, { operation })
  }
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) checkOption(operation, name, value)
  }
}

function checkOption(operation: string, name: string, value: unknown): void {
  const known = Object.hasOwn(knownOptions, name) ? knownOptions[name] : undefined
  if (known?.isRight(value)) return
  const what = known === undefined ? `there is no option "${name}"` : `${name} is ${known.form}, not ${shown(value)}`
  throw new NexusError('InvalidArgument', `${operation}: ${what}`, { operation, context: { option: name } })
}

/**
 * Refuses what is no pair of layers.
 * @throws {NexusError} InvalidArgument
 */
export function checkLayers(options: unknown): void {
  for (const layer of ['storage', 'metadata']) {
    const given: unknown = typeof options === 'object' && options !== null ? Reflect.get(options, layer) : undefined
    if (typeof given === 'object' && given !== null && 'info' in given) continue
    throw new NexusError('InvalidArgument', `NexusFS.open: ${layer} is an open adapter, not ${shown(given)}`)
  }
}

/**
 * Refuses what is no list of writes.
 * @throws {NexusError} InvalidArgument
 */
export function checkBatchWrites(writes: unknown): void {
  if (!Array.isArray(writes)) {
    throw new NexusError('InvalidArgument', `writeBatch: writes are an array, not ${shown(writes)}`)
  }
  for (const each of writes) {
    if (typeof each !== 'object' || each === null) {
      throw new NexusError('InvalidArgument', `writeBatch: a write is an object with path and content, not ${shown(each)}`)
    }
    const { path: _path, content: _content, ...options } = each
    checkOptions('writeBatch', options)
  }
}

interface KnownOption {
  readonly form: string
  isRight(value: unknown): boolean
}

const text: KnownOption = { form: 'a string', isRight: (value) => typeof value === 'string' }
const flag: KnownOption = { form: 'true or false', isRight: (value) => typeof value === 'boolean' }
/** Which numbers are right is for the operation to say. */
const number: KnownOption = { form: 'a number', isRight: (value) => typeof value === 'number' }

/** The options of all operations. */
const knownOptions: Readonly<Record<string, KnownOption>> = {
  signal: { form: 'an AbortSignal', isRight: (value) => value instanceof AbortSignal },
  author: text,
  reason: text,
  to: text,
  parents: flag,
  executable: flag,
  recursive: flag,
  force: flag,
  overwrite: flag,
  dryRun: flag,
  verify: flag,
  version: number,
  start: number,
  length: number,
  pageSize: {
    form: `a whole number from 1 to ${limits.scanEntries}`,
    isRight: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= limits.scanEntries,
  },
  modifiedAt: { form: 'a valid Date', isRight: (value) => value instanceof Date && !Number.isNaN(value.getTime()) },
  ifMatch: { form: 'an etag or { version }', isRight: isEtagOrVersion },
  ifNoneMatch: { form: "'*'", isRight: (value) => value === '*' },
  links: {
    form: "'refuse', 'skip' or 'follow'",
    isRight: (value) => ['refuse', 'skip', 'follow'].some((each) => each === value),
  },
  onProgress: { form: 'a function', isRight: (value) => typeof value === 'function' },
}

function isEtagOrVersion(value: unknown): boolean {
  if (typeof value === 'string') return true
  return typeof value === 'object' && value !== null && 'version' in value && typeof value.version === 'number'
}

function shown(value: unknown): string {
  if (value === null) return 'null'
  return typeof value === 'string' || typeof value === 'number' ? JSON.stringify(value) : `a value of type ${typeof value}`
}
