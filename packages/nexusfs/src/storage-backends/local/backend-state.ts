import { join } from 'node:path'
import type { KeyedMutex } from '../../engine-kit/keyed-mutex.ts'
import type { Permits } from '../../engine-kit/permits.ts'
import type { CallGate, FileCalls } from './file-calls.ts'
import type { FolderSync } from './folder-sync.ts'
import type { Folders } from './folders.ts'
import type { RootFolders } from './open-root.ts'
import type { TemporaryNames } from './temporary-name.ts'

/** What the parts of one open backend share. */
export interface BackendState extends RootFolders {
  readonly calls: FileCalls
  readonly gate: CallGate
  readonly isDurable: boolean
  readonly folders: Folders
  readonly folderSync: FolderSync
  readonly turns: KeyedMutex
  readonly temporaryNames: TemporaryNames
  readonly permits: FilePermits
}

/** How many files are open at once. Three pools, so that a call which waits for its caller never keeps one from running that does not. */
export interface FilePermits {
  /** Calls that go on by themselves. */
  readonly calls: Permits
  /** Puts of a body that comes in pieces. */
  readonly bodies: Permits
  /** Streams that are being read: only tried for, since one without opens the file anew for each piece. */
  readonly streams: Permits
}

/** The location of a blob as paths. */
export interface BlobFile extends BlobLocation {
  readonly key: string
  /** The shard's folder. */
  readonly folder: string
  readonly path: string
}

export function blobFileOf(state: RootFolders, key: string): BlobFile {
  const { group, shard, name } = locationOfKey(key)
  const folder = join(state.blobs, group, shard)
  return { key, group, shard, name, folder, path: `${folder}/${name}` }
}

/**
 * Where a blob lies below `blobs/`: `<group>/<shard>/<name>`. The group is the first segment of the key, the shard the first two
 * characters of the second, the name all but the first segment with `,` for `/`. No key has a comma, so no two keys share a location,
 * and every shard holds one unbroken run of keys.
 */
export interface BlobLocation {
  readonly group: string
  readonly shard: string
  readonly name: string
}

/** The group of the keys that have one segment only: no segment has a comma. */
export const singlesGroup = ',singles'

/** The location of a key that `checkBlobKey` has passed. */
export function locationOfKey(key: string): BlobLocation {
  const slash = key.indexOf('/')
  if (slash === -1) return { group: singlesGroup, shard: key.slice(0, 2), name: key }
  const rest = key.slice(slash + 1)
  return { group: key.slice(0, slash), shard: rest.slice(0, 2), name: rest.replaceAll('/', ',') }
}

/** The key of a location; of a file that no put made, something that is not a key. */
export function keyOfLocation({ group, name }: BlobLocation): string {
  return group === singlesGroup ? name : `${group}/${name.replaceAll(',', '/')}`
}
