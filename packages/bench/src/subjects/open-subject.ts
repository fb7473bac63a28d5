import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Subject } from '../acts/subject.ts'
import type { Baseline, Combination, FloorCombination, NexusCombination } from '../combinations/combination.ts'
import {
  type MetadataStore,
  NexusError,
  type OpenContext,
  type Registration,
  type Registry,
  type StorageBackend,
} from '../library.ts'
import { openBareServer } from './bare-server.ts'
import { BareSubject, FloorSubject } from './bare-subject.ts'
import { NexusSubject } from './nexus-subject.ts'
import { RawSubject } from './raw-subject.ts'

/** A location that nobody used before. */
export interface FreshLocation {
  /** `[a-z0-9-]{1,40}`; names schemas and key prefixes. */
  readonly namespace: string
  /** A folder that does not exist yet. */
  readonly folder: string
}

export interface OpenSubjectOptions {
  readonly location: FreshLocation
  readonly registry: Pick<Registry, 'storages' | 'metadata'>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Content cache of Nexus in bytes; the library's default if absent. */
  readonly cacheBytes: number | undefined
}

/**
 * Opens a combination in a fresh location; a failure leaves nothing there.
 * @throws {NexusError} Unsupported if it cannot promise the class that it was asked for, or as its adapters
 */
export async function openSubject(combination: Combination, options: OpenSubjectOptions): Promise<Subject> {
  await mkdir(options.location.folder, { recursive: true })
  const subject = await openKind(combination, options).catch(async (error: unknown) => {
    // What kept it from opening may keep it from removing; the first error is the one to tell.
    await removeLocation(combination, options).catch(() => {})
    throw error
  })
  const { durability } = subject.traits
  if (durability === combination.durability) return subject
  await subject.dispose()
  throw new NexusError('Unsupported', `asked for class ${combination.durability}, it opened in class ${durability}`)
}

function openKind(combination: Combination, options: OpenSubjectOptions): Promise<Subject> {
  switch (combination.kind) {
    case 'baseline':
      return Promise.resolve(rawSubject(combination, options.location.folder))
    case 'floor':
      return combination.floor === 'bare' ? openBare(combination, options) : openFloor(combination, options)
    case 'nexus':
      return openNexus(combination, options)
  }
}

function rawSubject({ durability, isAtomic }: Baseline, folder: string): RawSubject {
  return new RawSubject(folder, { withFsync: durability === 'disk', isAtomic })
}

async function openFloor(combination: FloorCombination, { location, registry, env }: OpenSubjectOptions): Promise<Subject> {
  const metadata = partOf(registry.metadata, combination.metadata)
  const context = contextOf(combination, location, env, 'metadata')
  await mkdir(context.tmpDir, { recursive: true })
  const store = await metadata.open(context)
  return new FloorSubject(store, async () => {
    await metadata.dispose?.(store, context)
    await rm(location.folder, { recursive: true, force: true })
  })
}

async function openBare({ metadata, durability }: FloorCombination, { location, env }: OpenSubjectOptions): Promise<Subject> {
  const server = await openBareServer(metadata, { env, namespace: location.namespace })
  return new BareSubject(server, durability, () => rm(location.folder, { recursive: true, force: true }))
}

async function openNexus(combination: NexusCombination, options: OpenSubjectOptions): Promise<Subject> {
  const { location, registry, env, cacheBytes } = options
  const storage = partOf(registry.storages, combination.storage)
  const metadata = partOf(registry.metadata, combination.metadata)
  const storageContext = contextOf(combination, location, env, 'storage')
  const metadataContext = contextOf(combination, location, env, 'metadata')
  await Promise.all([storageContext, metadataContext].map(({ tmpDir }) => mkdir(tmpDir, { recursive: true })))
  return NexusSubject.open({
    cacheBytes,
    folder: storage.traits.durability === 'none' && metadata.traits.durability === 'none' ? undefined : location.folder,
    openPorts: async () => ({ storage: await storage.open(storageContext), metadata: await metadata.open(metadataContext) }),
    removeLocation: async (ports) => {
      await storage.dispose?.(ports.storage, storageContext)
      await metadata.dispose?.(ports.metadata, metadataContext)
      await rm(location.folder, { recursive: true, force: true })
    },
  })
}

/** Removes all that a combination stored in a location that nobody has open: a location whose process has died. */
export async function removeLocation(combination: Combination, options: OpenSubjectOptions): Promise<void> {
  const { location, registry, env } = options
  const context = (part: 'storage' | 'metadata'): OpenContext => contextOf(combination, location, env, part)
  switch (combination.kind) {
    case 'baseline':
      break
    case 'nexus':
      await removeFrom(registry.storages[combination.storage], context('storage'))
      await removeFrom(registry.metadata[combination.metadata], context('metadata'))
      break
    case 'floor':
      if (combination.floor === 'bare') await (await openBare(combination, options)).dispose()
      else await removeFrom(registry.metadata[combination.metadata], context('metadata'))
  }
  await rm(location.folder, { recursive: true, force: true })
}

/** An adapter removes what it has opened. */
async function removeFrom<Port extends StorageBackend | MetadataStore>(
  adapter: Registration<Port> | undefined,
  context: OpenContext,
): Promise<void> {
  if (adapter?.dispose === undefined) return
  await mkdir(context.tmpDir, { recursive: true })
  const port = await adapter.open(context)
  await port.close()
  await adapter.dispose(port, context)
}

function partOf<Part>(table: Readonly<Record<string, Part>>, name: string): Part {
  const part = table[name]
  if (part === undefined) throw new NexusError('InvalidArgument', `the registry has no "${name}"`)
  return part
}

function contextOf(
  combination: Combination,
  location: FreshLocation,
  env: OpenSubjectOptions['env'],
  part: 'storage' | 'metadata',
): OpenContext {
  const isClassless = combination.durability === 'none'
  return {
    namespace: location.namespace,
    tmpDir: join(location.folder, part),
    env,
    durability: isClassless ? undefined : combination.durability,
  }
}
