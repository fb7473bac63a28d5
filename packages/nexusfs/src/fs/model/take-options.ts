import { isDigest } from '../../core/digest.ts'
import { NexusError } from '../../core/errors.ts'
import { limits } from '../../core/limits.ts'
import { didYouMean } from '../../core/near-miss.ts'
import { isMode } from './head.ts'
import { type OpenOptionKind, openOptions } from './open-options.ts'
import { batchWriteFields, type OperationName, type OptionName, operations } from './operations.ts'

/** The options of a call that was given none. */
export const noOptions: Readonly<Record<never, never>> = Object.freeze({})

/** What takes an object of options: for messages, and the options that it takes. */
class Taker {
  readonly operation: string
  readonly what: string
  readonly names: readonly string[]
  readonly #forms: ReadonlyMap<string, OptionForm>

  constructor(operation: string, what: string, forms: ReadonlyMap<string, OptionForm>) {
    this.operation = operation
    this.what = what
    this.names = [...forms.keys()]
    this.#forms = forms
  }

  take<Options extends object>(given: Options, what = this.what): Options {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      throw wrong(this.operation, `${what} must be an object, not ${shown(given)}`)
    }
    const own = { ...given }
    for (const name in given) {
      if (given[name] !== undefined && !this.#forms.has(name)) throw this.#unknown(name, what)
    }
    for (const [name, { form, isRight, copy }] of this.#forms) {
      const value: unknown = Reflect.get(Object.hasOwn(own, name) ? own : given, name)
      if (value === undefined) continue
      const kept = copy === undefined ? value : copy(value)
      if (!isRight(kept)) throw wrong(this.operation, `${name} must be ${form}, not ${shown(value)}`, name)
      Reflect.set(own, name, kept)
    }
    return Object.freeze(own)
  }

  #unknown(name: string, what: string): NexusError {
    const where = what === 'options' ? '' : ` in ${what}`
    const advice = `${didYouMean(name, this.names)}; it takes ${this.names.join(', ')}`
    return wrong(this.operation, `unknown option "${name}"${where}${advice}`, name)
  }
}

/**
 * The options of a call, as they are now: the object stays the caller's, who may change it as soon as the call has returned a promise.
 * An option that the operation does not take is refused, so that no precondition gets lost; `undefined` counts as absent.
 * @throws {NexusError} InvalidArgument
 */
export function takeOptions<Options extends object>(operation: OperationName, given: Options): Options {
  if (given === noOptions) return given
  const taker = takers.get(operation)
  if (taker === undefined) throw new NexusError('Unexpected', `there is no operation ${operation}`)
  return taker.take(given)
}

/**
 * The options of `NexusFS.open`, as they are now.
 * @throws {NexusError} InvalidArgument
 */
export function takeOpenOptions<Options extends object>(given: Options): Options {
  return openTaker.take(given)
}

/**
 * The writes of a batch, as they are now.
 * @throws {NexusError} InvalidArgument for what is not a list of writes
 */
export function takeWrites<Write extends object>(given: readonly Write[]): readonly Write[] {
  if (!Array.isArray(given)) throw wrong('writeBatch', `writes must be an array, not ${shown(given)}`)
  return Array.from(given, (each: Write, index) => writeTaker.take(each, `writes[${index}]`))
}

/** How a wrong value is told: as it is if it is short and plain, else by its type. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) {
    const name: unknown = value.constructor?.name
    return typeof name === 'string' && name !== '' && name !== 'Object' ? `an instance of ${name}` : 'an object'
  }
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number') return String(value)
  return `a value of type ${typeof value}`
}

function wrong(operation: string, problem: string, option?: string): NexusError {
  const context = option === undefined ? {} : { option }
  return new NexusError('InvalidArgument', `${operation}: ${problem}`, { operation, context })
}

/** What the value of an option must be. */
interface OptionForm {
  /** For people: `true or false`. */
  readonly form: string
  isRight(value: unknown): boolean
  /** What a call keeps of a value that its caller could change meanwhile. */
  copy?(value: unknown): unknown
}

const text: OptionForm = { form: 'a string', isRight: (value) => typeof value === 'string' }
const flag: OptionForm = { form: 'true or false', isRight: (value) => typeof value === 'boolean' }
const number: OptionForm = { form: 'a number', isRight: (value) => typeof value === 'number' }
const object: OptionForm = { form: 'an object', isRight: (value) => typeof value === 'object' && value !== null }

/** Which values are right is for the operation to say, in an error of its own. */
const checkedLater: OptionForm = { form: 'as the operation says', isRight: () => true }

const forms: Readonly<Record<OptionName, OptionForm>> = {
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
  mirror: flag,
  checksum: flag,
  verify: flag,
  mode: { form: 'a whole number from 0 to 0o7777', isRight: isMode },
  version: number,
  start: number,
  length: number,
  pageSize: {
    form: `a whole number from 1 to ${limits.scanEntries}`,
    isRight: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= limits.scanEntries,
  },
  modifiedAt: {
    form: 'a valid Date',
    isRight: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
    copy: (value) => (value instanceof Date ? new Date(value) : value),
  },
  ifMatch: {
    form: 'an etag, { version } or { digest }',
    isRight: isEtagVersionOrDigest,
    copy: (value) => (typeof value === 'object' && value !== null ? Object.freeze({ ...value }) : value),
  },
  ifNoneMatch: { form: "'*'", isRight: (value) => value === '*' },
  exclude: {
    form: 'a list of patterns',
    isRight: (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
    copy: (value) => (Array.isArray(value) ? Object.freeze([...value]) : value),
  },
  links: oneOf('keep', 'refuse', 'skip', 'follow'),
  onChange: { form: 'a function', isRight: (value) => typeof value === 'function' },
  onProgress: { form: 'a function', isRight: (value) => typeof value === 'function' },
  path: checkedLater,
  content: checkedLater,
}

/** What an option of `open` must be, by the kind that the table of them gives it. */
const openForms: Readonly<Record<OpenOptionKind, OptionForm>> = {
  text,
  flag,
  number,
  folderLayers: object,
  clock: object,
  random: object,
  layer: checkedLater,
}

const takers: ReadonlyMap<string, Taker> = new Map(
  Object.entries(operations).map(([name, { options }]) => [name, new Taker(name, 'options', formsOf(options))]),
)
const writeTaker = new Taker('writeBatch', 'writes', formsOf(batchWriteFields))
const openTaker = new Taker(
  'NexusFS.open',
  'options',
  new Map(Object.entries(openOptions).map(([name, kind]) => [name, openForms[kind]])),
)

function formsOf(names: Readonly<Record<string, true>>): ReadonlyMap<string, OptionForm> {
  const known: ReadonlyMap<string, OptionForm> = new Map(Object.entries(forms))
  return new Map(Object.keys(names).map((name) => [name, known.get(name) ?? checkedLater]))
}

function oneOf(...values: readonly string[]): OptionForm {
  const [last = '', ...others] = values.map((value) => `'${value}'`).reverse()
  return {
    form: `${others.reverse().join(', ')} or ${last}`,
    isRight: (value) => values.some((each) => each === value),
  }
}

/** Nothing else may be in the object: it would be passed over. */
function isEtagVersionOrDigest(value: unknown): boolean {
  if (typeof value === 'string') return true
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return false
  return 'version' in value ? typeof value.version === 'number' : 'digest' in value && isDigest(value.digest)
}
