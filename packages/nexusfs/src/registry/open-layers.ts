import { lstat, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { isNexusError } from '../core/errors.ts'
import { redactSecrets } from '../engine-kit/redact.ts'
import type { FolderLayers } from '../fs/model/open-options.ts'
import { closeQuietly } from '../fs/open/check-layers.ts'
import { withoutMetadata } from '../fs/open/store-format.ts'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import type { StoreLocation } from './locate-store.ts'
import { findMetadata, findStorage, type OpenPortContext, type PortSource } from './open-port.ts'

export type Layers = Extract<StoreLocation, { kind: 'layers' }>

/** Where the two layers of a store are. */
export async function layersOf(location: StoreLocation): Promise<Layers> {
  if (location.kind === 'layers') return location
  const folder = await behindLink(location.folder)
  return { kind: 'layers', storage: `local:${folder}`, metadata: `sqlite:${join(folder, 'meta.db')}`, base: folder }
}

/** `.nexus` may be a link to a larger disk; one that another user made stays as it is, for the backend to refuse. */
async function behindLink(folder: string): Promise<string> {
  const found = await lstat(folder).catch(() => undefined)
  if (found?.isSymbolicLink() !== true || ![0, process.geteuid?.() ?? found.uid].includes(found.uid)) return folder
  return realpath(folder).catch(() => folder)
}

type Abandon = () => Promise<void>

export interface OpenedLayers {
  readonly storage: StorageBackend
  readonly metadata: MetadataStore
  /** Closes those that were not given open, and takes back what opening made. */
  readonly abandon: Abandon
}

/** Both adapters are found before either is opened; if the second cannot be opened, the first is closed, and leaves nothing behind. */
export async function openBoth(
  layers: Layers,
  context: OpenPortContext,
  { mayShareStorage }: { readonly mayShareStorage?: boolean | undefined } = {},
): Promise<OpenedLayers> {
  const storageSource = await sourceOf(layers.storage, (uri) => findStorage(uri, context.config))
  const metadataSource = await sourceOf(layers.metadata, (uri) => findMetadata(uri, context.config))
  const opened: Abandon[] = []
  const abandon = async (): Promise<void> => {
    for (const close of opened.toReversed()) await closeQuietly({ close })
  }
  try {
    const storage = await openSource(storageSource, context, opened)
    const metadata = await openMetadata(metadataSource, { storage, mayShareStorage }, context, opened)
    return { storage, metadata, abandon }
  } catch (error) {
    await abandon()
    throw error
  }
}

type Source<Port> = { readonly given: Port } | { readonly found: PortSource<Port>; readonly uri: string }

async function sourceOf<Port>(layer: string | Port, find: (uri: string) => Promise<PortSource<Port>>): Promise<Source<Port>> {
  return typeof layer === 'string' ? { found: await find(layer), uri: layer } : { given: layer }
}

async function openSource<Port>(source: Source<Port>, context: OpenPortContext, opened: Abandon[]): Promise<Port> {
  if ('given' in source) return source.given
  const port = await source.found.open(context)
  opened.push(() => source.found.abandon(port))
  return port
}

/**
 * A database that is missing beside its blobs is not made: the store is refused for them, and it would stay behind, empty.
 * @throws {NexusError} Corrupt (reason `rolled back`), and as the adapter
 */
async function openMetadata(
  source: Source<MetadataStore>,
  { storage, mayShareStorage }: { readonly storage: StorageBackend; readonly mayShareStorage: boolean | undefined },
  context: OpenPortContext,
  opened: Abandon[],
): Promise<MetadataStore> {
  if (!context.create || mayShareStorage === true || 'given' in source || source.found.isRemote) {
    return openSource(source, context, opened)
  }
  const openExisting = (): Promise<MetadataStore | undefined> =>
    openSource(source, { ...context, create: false }, opened).catch((error: unknown) => {
      if (isNexusError(error, 'NotFound')) return undefined
      throw error
    })
  const found = await openExisting()
  if (found !== undefined) return found
  const [blob] = (await storage.list({ limit: 1 })).blobs
  if (blob === undefined) return openSource(source, context, opened)
  // Looked at again: another process writes blobs only after it has created its store.
  const created = await openExisting()
  if (created === undefined) throw withoutMetadata(`${redactSecrets(source.uri)} is missing`, blob.key)
  return created
}

/** The layers of a store in a folder, as `openNexus('./data')` opens them. */
export const folderLayers: FolderLayers = {
  async openStorage(folder) {
    const { LocalBackend } = await import('../storage-backends/local/local-backend.ts')
    return LocalBackend.open({ root: folder })
  },
  async openMetadata(file) {
    const { SqliteStore } = await import('../metadata-stores/sqlite/sqlite-store.ts')
    return SqliteStore.open({ path: file, create: false })
  },
}
