import { NexusError } from '../core/errors.ts'
import { newId } from '../core/id.ts'
import { type NexusPath, parentOf, parsePath } from '../core/path.ts'
import type { Key } from '../metadata/metadata-store.ts'
import { type CommitDraft, lineOf } from './commit-draft.ts'
import type { FsContext } from './context.ts'
import type { DirectoryHint } from './directory-hints.ts'
import { demandNoFileAbove, notFound } from './expect-path.ts'
import type { DirectoryHead } from './head.ts'
import { encodeHead } from './head-codec.ts'
import { defaultMode } from './mode.ts'
import type { Resolved } from './resolver.ts'
import type { ModifiedTime } from './times.ts'

/** Who and when, of the directories that a commit makes. */
export interface Made {
  readonly author: string
  readonly time: number
}

/** The directories that one commit makes, each once. */
export class NewDirectories {
  readonly #fs: FsContext
  readonly #draft: CommitDraft
  readonly #made = new Map<NexusPath, { readonly hint: DirectoryHint; readonly head: DirectoryHead }>()
  readonly #by: Made

  constructor(fs: FsContext, draft: CommitDraft, by: Made) {
    this.#fs = fs
    this.#draft = draft
    this.#by = by
  }

  /**
   * The directory in which the path is to be bound; makes it, and its parents, if they are missing.
   * @throws {NexusError} NotADirectory if a file stands above, NotFound if a parent is missing and `parents` is false
   */
  placeOf(resolved: Resolved, parents: boolean | undefined): DirectoryHint {
    demandNoFileAbove(resolved)
    if (resolved.obstacle?.kind === 'astray') throw notFound(resolved)
    if (resolved.followed.length > 0) parsePath(resolved.path)
    this.#draft.expectWay(resolved)
    if (resolved.obstacle?.kind !== 'missing') return resolved.within
    const missing = resolved.obstacle.parents.filter((path) => !this.#made.has(path))
    if (missing[0] !== undefined && parents === false) {
      throw new NexusError('NotFound', `${missing[0]} does not exist, and parents is false`, {
        context: { path: missing[0] },
      })
    }
    for (const path of missing) this.make(path, this.#made.get(parentOf(path))?.hint ?? resolved.within, {})
    return this.#made.get(parentOf(resolved.path))?.hint ?? resolved.within
  }

  /** Makes one directory at a path that is absent. */
  make(path: NexusPath, parent: DirectoryHint, given: Partial<ModifiedTime & Pick<DirectoryHead, 'mode'>>): DirectoryHead {
    const id = newId(this.#fs.random)
    const { hints } = this.#fs.resolver
    const hint = hints.imagine(parent, path, id)
    const key = hints.keyOf(parent, path)
    const head: DirectoryHead = {
      kind: 'directory',
      id,
      createdAt: this.#by.time,
      modifiedAt: this.#by.time,
      changedAt: this.#by.time,
      mode: defaultMode.directory,
      author: this.#by.author,
      ...given,
    }
    this.#draft.expect({ kind: 'absent', key })
    this.#draft.put(key, encodeHead(head))
    this.#draft.log(lineOf('mkdir', parent.id, path, head))
    this.#draft.whenCommitted(() => hints.adopt(hint))
    this.#made.set(path, { hint, head })
    return head
  }

  /** A directory that this commit makes at the path. */
  get(path: NexusPath): DirectoryHead | undefined {
    return this.#made.get(path)?.head
  }

  /** The key of a name in a directory that exists or is made here. */
  keyOf(place: DirectoryHint, resolved: Resolved): Key {
    return resolved.key ?? this.#fs.resolver.hints.keyOf(place, resolved.path)
  }
}
