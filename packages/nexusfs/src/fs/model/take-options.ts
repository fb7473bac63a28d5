import { NexusError } from '../../core/errors.ts'
import { didYouMean } from '../../core/near-miss.ts'
import { batchWriteFields, type OperationName, openOptions, operations } from './operations.ts'
import { type OptionForm, optionForms } from './option-forms.ts'

/** The options of a call that was given none. */
export const noOptions: Readonly<Record<never, never>> = Object.freeze({})

/** What takes an object of options: for messages, and the options that it takes. */
class Taker {
  readonly operation: string
  readonly what: string
  readonly names: readonly string[]
  readonly #forms: ReadonlyMap<string, OptionForm>

  constructor(operation: string, what: string, names: Readonly<Record<string, true>>) {
    this.operation = operation
    this.what = what
    this.names = Object.keys(names)
    this.#forms = new Map([...optionForms].filter(([name]) => Object.hasOwn(names, name)))
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

const takers: ReadonlyMap<string, Taker> = new Map(
  Object.entries(operations).map(([name, { options }]) => [name, new Taker(name, 'options', options)]),
)
const writeTaker = new Taker('writeBatch', 'writes', batchWriteFields)
const openTaker = new Taker('NexusFS.open', 'options', openOptions)

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
