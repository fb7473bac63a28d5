import { durabilityClasses } from '../core/durability.ts'
import { NexusError } from '../core/errors.ts'
import { didYouMean } from '../core/near-miss.ts'
import type { NexusConfig } from './config.ts'

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
function invalidConfig({ file, key }: Pick<ConfigValue, 'file' | 'key'>, problem: string, advice?: string): NexusError {
  const where = key === '' ? '' : ` at ${key}`
  return new NexusError('InvalidConfig', `${file}${where}: ${problem}`, { advice, context: { file, key } })
}

const isText: Check = (at) => {
  if (typeof at.value !== 'string' || at.value === '') throw invalidConfig(at, 'expected a text that is not empty')
}

const isFlag: Check = (at) => {
  if (typeof at.value !== 'boolean') throw invalidConfig(at, 'expected true or false')
}

const isFunction: Check = (at) => {
  if (typeof at.value !== 'function') throw invalidConfig(at, 'expected a function')
}

function isObject(at: ConfigValue): Readonly<Record<string, unknown>> {
  if (!isRecord(at.value)) throw invalidConfig(at, 'expected an object')
  return at.value
}

function oneOf(allowed: readonly string[]): Check {
  return (at) => {
    if (typeof at.value === 'string' && allowed.includes(at.value)) return
    const guess = typeof at.value === 'string' ? didYouMean(at.value, allowed) : ''
    throw invalidConfig(at, `expected one of ${allowed.join(', ')}${guess}`)
  }
}

function listOf(check: Check): Check {
  return (at) => {
    if (!Array.isArray(at.value)) throw invalidConfig(at, 'expected a list')
    at.value.forEach((value: unknown, index) => {
      check({ ...at, value, key: `${at.key}[${index}]` })
    })
  }
}

/** An object whose names are the user's. */
function namesTo(check: Check, namePattern: RegExp, nameRule: string): Check {
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
function shape(
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

/**
 * Checks every key of a config.
 * @throws {NexusError} InvalidConfig naming the file and the first wrong key; for an unknown key also the nearest known one
 */
export function validateConfig(value: unknown, file: string): NexusConfig {
  assertConfig(value, file)
  return value
}

function assertConfig(value: unknown, file: string): asserts value is NexusConfig {
  configShape({ value, key: '', file })
}

/** What a part of a combination's id and a scheme can be. */
const adapterName = /^[a-z][a-z0-9]{1,31}$/
const adapterNameRule = '2 to 32 lower-case letters and digits, a letter first'
const storeName = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/
const storeNameRule = 'up to 64 letters, digits, ".", "_" and "-"'

const location = shape(
  { storage: isText, metadata: isText },
  { author: isText, durability: oneOf(durabilityClasses), readOnly: isFlag },
)

const textOrLocation: Check = (at) => {
  if (typeof at.value === 'string') isText(at)
  else location(at)
}

const gate = shape({}, { all: listOf(isText), any: listOf(listOf(isText)), secret: listOf(isText) })

/** A key that nothing reads: passed over, it would look as if it worked. */
function notRead(what: string): Check {
  return (at) => {
    throw invalidConfig(at, `${what}`, 'leave this key out')
  }
}

const traits = shape(
  { durability: oneOf(durabilityClasses) },
  { remote: isFlag, inProcess: isFlag },
  { rangeReads: notRead('what an adapter can do is in the `info` that it opens with') },
)

const adapter = shape(
  { traits, open: isFunction },
  {
    label: isText,
    schemes: listOf(scheme),
    env: gate,
    probe: isFunction,
    dispose: isFunction,
    openUri: isFunction,
    abandon: isFunction,
  },
)

function scheme(at: ConfigValue): void {
  isText(at)
  if (typeof at.value !== 'string' || !adapterName.test(at.value)) throw invalidConfig(at, `a scheme has ${adapterNameRule}`)
}

const combos = shape(
  {},
  {
    exclude: listOf(isText),
    extra: listOf(
      shape(
        { name: isText, storage: isText, metadata: isText },
        {},
        { options: notRead('a combination has no options of its own: write an adapter that sets them') },
      ),
    ),
  },
)

const configShape = shape(
  {},
  {
    store: textOrLocation,
    stores: namesTo(textOrLocation, storeName, storeNameRule),
    storages: namesTo(adapter, adapterName, adapterNameRule),
    metadata: namesTo(adapter, adapterName, adapterNameRule),
    combos,
  },
  {
    baselines: notRead('the benchmarks take no baselines of a config'),
    workloads: notRead('the benchmarks take no workloads of a config'),
    thresholds: notRead('the benchmarks compare with no thresholds'),
  },
)
