import type { ContentStore } from '../../content/content-store.ts'
import type { Clock, Random } from '../../core/system.ts'
import type { KeyedMutex } from '../../engine-kit/keyed-mutex.ts'
import type { MetadataStore } from '../../metadata/metadata-store.ts'
import type { FolderLayers } from '../model/open-options.ts'
import type { Resolver } from '../resolve/resolver.ts'
import type { Committer } from './committer.ts'
import type { Witness } from './witness.ts'
import type { WriteGroups } from './write-groups.ts'

/** What every operation of an open file system works with. */
export interface FsContext {
  readonly metadata: MetadataStore
  readonly content: ContentStore
  readonly resolver: Resolver
  readonly committer: Committer
  readonly turns: KeyedMutex
  readonly groups: WriteGroups
  /** Where the metadata store may come back from an older copy. */
  readonly witness: Witness | undefined
  readonly clock: Clock
  readonly random: Random
  /** Of commits that name none. */
  readonly author: string
  /** When the store was created: milliseconds since 1970. */
  readonly storeCreatedAt: number
  /** Content up to this size is kept in the metadata store. */
  readonly inlineBytes: number
  /** For `backup`. */
  readonly folderLayers: FolderLayers | undefined
  /** To be called once the layers are closed. */
  readonly forgetStoreFiles: () => void
}
