import { NexusError } from '../core/errors.ts'
import { didYouMean } from '../core/near-miss.ts'

/** A value of a config together with where it stands, for messages that name file and key. */
export interface ConfigValue {
  readonly value: unknown
  /** The key, as `stores.team.storage`; empty for the whole config. */
  readonly key: string
  readonly file: string
}

export type Check = (at: ConfigValue) => void

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The error of a wrong value: names file and key, and says what is expected there. */
export function invalidConfig({ file, key }: Pick<ConfigValue, 'file' | 'key'>, problem: string, advice?: string): NexusError {
  const where = key === '' ? '' : ` at ${key}`
  return new NexusError('InvalidConfig', `${file}${where}: ${problem}`, { advice, context: { file, key } })
}

export const isText: Check = (at) => {
  if (typeof at.value !== 'string' || at.value === '') throw invalidConfig(at, 'expected a text that is not empty')
}

export const isFlag: Check = (at) => {
  if (typeof at.value !== 'boolean') throw invalidConfig(at, 'expected true or false')
}

export const isFunction: Check = (at) => {
  if (typeof at.value !== 'function') throw invalidConfig(at, 'expected a function')
}

function isObject(at: ConfigValue): Readonly<Record<string, unknown>> {
  if (!isRecord(at.value)) throw invalidConfig(at, 'expected an object')
  return at.value
}

export function oneOf(allowed: readonly string[]): Check {
  return (at) => {
    if (typeof at.value === 'string' && allowed.includes(at.value)) return
    const guess = typeof at.value === 'string' ? didYouMean(at.value, allowed) : ''
    throw invalidConfig(at, `expected one of ${allowed.join(', ')}${guess}`)
  }
}

export function listOf(check: Check): Check {
  return (at) => {
    if (!Array.isArray(at.value)) throw invalidConfig(at, 'expected a list')
    at.value.forEach((value: unknown, index) => {
      check({ ...at, value, key: `${at.key}[${index}]` })
    })
  }
}

/** An object whose names are the user's. */
export function namesTo(check: Check, namePattern: RegExp, nameRule: string): Check {
  return (at) => {
    for (const [name, value] of Object.entries(isObject(at))) {
      const key = joinKey(at.key, name)
      if (!namePattern.test(name)) throw invalidConfig({ file: at.file, key }, `a name here has ${nameRule}`)
      check({ ...at, value, key })
    }
  }
}

/**
 * An object whose names are ours: those of `required` must be there, those of `optional` may be, others are refused, those of `refused`
 * with a sentence of their own.
 */
export function shape(
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>>,
  refused: Readonly<Record<string, Check>> = {},
): Check {
  const known = [...Object.keys(required), ...Object.keys(optional)]
  return (at) => {
    const object = isObject(at)
    for (const [name, value] of Object.entries(object)) {
      const key = joinKey(at.key, name)
      const check = [required, optional, refused].find((checks) => Object.hasOwn(checks, name))?.[name]
      if (check === undefined) throw unknownKey({ file: at.file, key }, name, known)
      if (value !== undefined) check({ ...at, value, key })
    }
    for (const name of Object.keys(required)) {
      if (object[name] === undefined) throw invalidConfig({ file: at.file, key: joinKey(at.key, name) }, 'this key is missing')
    }
  }
}

function unknownKey(at: Pick<ConfigValue, 'file' | 'key'>, name: string, known: readonly string[]): NexusError {
  return invalidConfig(at, `unknown key "${name}"${didYouMean(name, known)}`, `known here: ${known.join(', ')}`)
}

function joinKey(parent: string, name: string): string {
  return parent === '' ? name : `${parent}.${name}`
}
