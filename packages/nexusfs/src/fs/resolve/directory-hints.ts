import { ownBytes } from '../../core/bytes.ts'
import type { Id } from '../../core/id.ts'
import { type NexusPath, nameOf, parentOf, rootPath } from '../../core/path.ts'
import { GenerationalMap } from '../../engine-kit/generational-map.ts'
import { directoryGroup, headKey, ownKey, rootId } from '../../metadata/keyspace.ts'
import type { Key } from '../../metadata/metadata-store.ts'

/** What is believed of a directory: its id, and through its parents the keys of the whole chain above it. */
export interface DirectoryHint {
  /** Its own, without any link on the way. */
  readonly path: NexusPath
  readonly id: Id
  /** `d/<id>`: where its entries are. */
  readonly group: Uint8Array
  /** Below the root: its own entry, and the directory that holds it. */
  readonly link: { readonly key: Key; readonly parent: DirectoryHint } | undefined
}

/** Where a symbolic link is believed to be, and where it leads. */
export interface SymlinkHint {
  readonly path: NexusPath
  readonly target: string
}

const rootHint: DirectoryHint = { path: rootPath, id: rootId, group: directoryGroup(rootId), link: undefined }

const capacity = 16_384

/**
 * Directory ids by path, and where links are, as seen last. A hint can be wrong, an answer cannot: a call that uses one reads the chain
 * that it names in the snapshot of the answer, and believes it only if every id there is the hinted one (InfiniFS, FAST '22).
 */
export class DirectoryHints {
  readonly #directories = new GenerationalMap<NexusPath, DirectoryHint>(capacity)
  readonly #keys = new GenerationalMap<NexusPath, { readonly key: Key; readonly parent: DirectoryHint }>(capacity)
  /** Made with the first link: most stores have none. */
  #symlinks: GenerationalMap<NexusPath, string> | undefined

  get root(): DirectoryHint {
    return rootHint
  }

  /** What is believed of this very path. */
  get(path: NexusPath): DirectoryHint | undefined {
    return path === rootPath ? rootHint : this.#directories.get(path)
  }

  /** The deepest directory above `path` of which anything is believed. */
  deepestAbove(path: NexusPath): DirectoryHint {
    for (let at = parentOf(path); at !== rootPath; at = parentOf(at)) {
      const hint = this.#directories.get(at)
      if (hint !== undefined) return hint
    }
    return rootHint
  }

  /** The key of a name in a directory; the same object for the same hint, so that stores can remember it. */
  keyOf(parent: DirectoryHint, path: NexusPath): Key {
    const known = this.#keys.get(path)
    if (known?.parent === parent) return known.key
    const key = ownKey(headKey(parent.group, nameOf(path)))
    this.#keys.set(path, { key, parent })
    return key
  }

  /** What was seen in a snapshot: `path`, which is in `parent`, is a directory with this id. */
  learn(parent: DirectoryHint, path: NexusPath, id: Id): DirectoryHint {
    const known = this.#directories.get(path)
    if (known?.id === id && known.link?.parent === parent) return known
    return this.adopt(this.imagine(parent, path, id))
  }

  /** What would be learned of a directory that nobody has seen yet. */
  imagine(parent: DirectoryHint, path: NexusPath, id: Id): DirectoryHint {
    return { path, id, group: ownBytes(directoryGroup(id)), link: { key: this.keyOf(parent, path), parent } }
  }

  adopt(hint: DirectoryHint): DirectoryHint {
    this.#directories.set(hint.path, hint)
    return hint
  }

  /** What was seen to be wrong. Hints below it hold on to it, and are found wrong when they are used. */
  forget(path: NexusPath): void {
    this.#directories.delete(path)
  }

  /** The first link that is believed to be on the way of a path, its last name included unless that is kept as it is. */
  symlinkOn(path: NexusPath, keepsLast: boolean): SymlinkHint | undefined {
    if (this.#symlinks === undefined) return undefined
    for (let end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1)) {
      const above = path.slice(0, end) as NexusPath
      const target = this.#symlinks.get(above)
      if (target !== undefined) return { path: above, target }
    }
    const target = keepsLast ? undefined : this.#symlinks.get(path)
    return target === undefined ? undefined : { path, target }
  }

  learnSymlink(path: NexusPath, target: string): void {
    this.#symlinks ??= new GenerationalMap(capacity)
    this.#symlinks.set(path, target)
  }

  forgetSymlink(path: NexusPath): void {
    this.#symlinks?.delete(path)
  }
}
