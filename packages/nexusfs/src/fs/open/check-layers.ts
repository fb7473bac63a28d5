import { NexusError } from '../../core/errors.ts'
import { type MetadataStore, metadataPortVersion } from '../../metadata/metadata-store.ts'
import { type StorageBackend, storagePortVersion } from '../../storage/storage-backend.ts'
import { shown } from '../model/take-options.ts'

/** What an adapter must have, and the version of its port that this library speaks. */
interface PortForm {
  readonly what: string
  readonly version: number
  readonly methods: readonly string[]
}

const storageForm: PortForm = {
  what: 'storage backend',
  version: storagePortVersion,
  methods: ['put', 'get', 'stream', 'stat', 'delete', 'list', 'close'] satisfies readonly (keyof StorageBackend)[],
}
const metadataForm: PortForm = {
  what: 'metadata store',
  version: metadataPortVersion,
  methods: ['read', 'commit', 'horizon', 'load', 'close'] satisfies readonly (keyof MetadataStore)[],
}
const infoMembers = ['name', 'portVersion', 'durability', 'location', 'capabilities']

/**
 * Refuses what is not a pair of open adapters, written for this version of their ports.
 * @throws {NexusError} InvalidArgument for something else, or for an adapter that lacks a member; Unsupported for another version
 */
export function checkLayers(options: { readonly storage: unknown; readonly metadata: unknown }): void {
  checkPort('NexusFS.open', storageForm, options.storage)
  checkPort('NexusFS.open', metadataForm, options.metadata)
}

/** The same for one adapter. */
export function checkStorageBackend(operation: string, given: unknown): void {
  checkPort(operation, storageForm, given)
}

/** The same for one adapter. */
export function checkMetadataStore(operation: string, given: unknown): void {
  checkPort(operation, metadataForm, given)
}

function checkPort(operation: string, { what, version, methods }: PortForm, given: unknown): void {
  const info = memberOf(given, 'info')
  if (typeof info !== 'object' || info === null) {
    throw new NexusError('InvalidArgument', `${operation}: the ${what} must be an open adapter, not ${shown(given)}`)
  }
  const name = memberOf(info, 'name')
  const subject = typeof name === 'string' ? `the ${what} "${name}"` : `the ${what}`
  const found = memberOf(info, 'portVersion')
  if (found !== undefined && found !== version) {
    throw new NexusError(
      'Unsupported',
      `${operation}: ${subject} is written for version ${shown(found)} of its port, and this library has version ${version}`,
      { advice: 'install versions that go together' },
    )
  }
  const missing = [
    ...infoMembers.filter((member) => memberOf(info, member) === undefined).map((member) => `info.${member}`),
    ...methods.filter((method) => typeof memberOf(given, method) !== 'function').map((method) => `${method}()`),
  ]
  if (missing.length === 0) return
  throw new NexusError('InvalidArgument', `${operation}: ${subject} lacks ${missing.join(', ')}`, {
    advice: 'every adapter has these',
  })
}

/** Closes what is of no use any more, if it can be closed; the error that made it so is the one to report. */
export async function closeQuietly(port: { close?(): Promise<void> } | undefined): Promise<void> {
  try {
    await port?.close?.()
  } catch {
    // It is of no use either way.
  }
}

function memberOf(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null ? Reflect.get(object, name) : undefined
}
