import { join } from 'node:path'
import type { KeyedMutex } from '../../engine-kit/keyed-mutex.ts'
import { type BlobPlace, placeOfKey } from './blob-place.ts'
import type { CallGate } from './call-gate.ts'
import type { FileCalls } from './file-calls.ts'
import type { FolderSync } from './folder-sync.ts'
import type { Folders } from './folders.ts'
import type { RootFolders } from './open-root.ts'
import type { Permits } from './permits.ts'
import type { TemporaryNames } from './temporary-name.ts'

/** What the parts of one open backend share. */
export interface LocalPlace extends RootFolders {
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

/** A blob's place as paths. */
export interface BlobFile extends BlobPlace {
  readonly key: string
  /** The shard's folder. */
  readonly folder: string
  readonly path: string
}

export function blobFileOf(place: RootFolders, key: string): BlobFile {
  const { group, shard, name } = placeOfKey(key)
  const folder = join(place.blobs, group, shard)
  return { key, group, shard, name, folder, path: `${folder}/${name}` }
}
