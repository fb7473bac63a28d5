import { durabilityClasses } from '../core/durability.ts'
import type { NexusConfig } from './config.ts'
import {
  type Check,
  type ConfigValue,
  invalidConfig,
  isAnything,
  isFlag,
  isFunction,
  isObject,
  isText,
  listOf,
  namesTo,
  oneOf,
  shape,
} from './config-check.ts'

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
const anyName = /^.+$/s

const location = shape({ storage: isText, metadata: isText }, { author: isText, durability: oneOf(durabilityClasses) })

const textOrLocation: Check = (at) => {
  if (typeof at.value === 'string') isText(at)
  else location(at)
}

const gate = shape({}, { all: listOf(isText), any: listOf(listOf(isText)), secret: listOf(isText) })

const traits = shape({ durability: oneOf(durabilityClasses) }, { remote: isFlag, inProcess: isFlag, rangeReads: isFlag })

const adapter = shape(
  { traits, open: isFunction },
  { label: isText, schemes: listOf(scheme), env: gate, probe: isFunction, dispose: isFunction, openUri: isFunction },
)

function scheme(at: ConfigValue): void {
  isText(at)
  if (typeof at.value !== 'string' || !adapterName.test(at.value)) throw invalidConfig(at, `a scheme has ${adapterNameRule}`)
}

const combos = shape(
  {},
  {
    exclude: listOf(isText),
    extra: listOf(shape({ name: isText, storage: isText, metadata: isText }, { options: (at) => void isObject(at) })),
  },
)

const threshold: Check = (at) => {
  if (typeof at.value === 'string' && /^\d+(?:\.\d+)?%$/.test(at.value)) return
  throw invalidConfig(at, 'expected a percentage such as "5%"')
}

const workload: Check = (at) => {
  if (typeof at.value === 'string') isText(at)
  else isObject(at)
}

const configShape = shape(
  {},
  {
    store: textOrLocation,
    stores: namesTo(textOrLocation, storeName, storeNameRule),
    storages: namesTo(adapter, adapterName, adapterNameRule),
    metadata: namesTo(adapter, adapterName, adapterNameRule),
    combos,
    baselines: namesTo(shape({ adapter: isAnything }, {}), anyName, 'at least one character'),
    workloads: listOf(workload),
    thresholds: namesTo(namesTo(threshold, anyName, 'at least one character'), anyName, 'at least one character'),
  },
)
