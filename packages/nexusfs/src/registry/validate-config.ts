import { durabilityClasses } from '../core/durability.ts'
import type { NexusConfig } from './config.ts'
import {
  type Check,
  type ConfigValue,
  invalidConfig,
  isFlag,
  isFunction,
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
