import { NexusError } from '../../core/errors.ts'
import { type Id, newId } from '../../core/id.ts'
import { type NexusPath, nameOf, parentOf, parsePath } from '../../core/path.ts'
import { endedKey } from '../../metadata/keyspace.ts'
import type { Key } from '../../metadata/metadata-store.ts'
import {
  type Bound,
  bornRevision,
  type DirectoryHead,
  defaultMode,
  type Ended,
  type Head,
  isDirectory,
  type ModifiedTime,
  versionRevision,
} from '../model/head.ts'
import { encodeHead } from '../model/head-codec.ts'
import type { DirectoryHint } from '../resolve/directory-hints.ts'
import { notFound, requireNoFileAbove } from '../resolve/expect-path.ts'
import { pathUnchanged, type Resolved } from '../resolve/resolver.ts'
import { type CommitPlan, lineOf } from './commit-plan.ts'
import type { FsContext } from './context.ts'

/** Who and when, of the directories that a commit makes. */
export interface Made {
  readonly author: string
  readonly time: number
}

/** The directories that one commit makes, each once. */
export class NewDirectories {
  readonly #fs: FsContext
  readonly #plan: CommitPlan
  readonly #made = new Map<NexusPath, { readonly hint: DirectoryHint; readonly head: DirectoryHead }>()
  readonly #by: Made

  constructor(fs: FsContext, plan: CommitPlan, by: Made) {
    this.#fs = fs
    this.#plan = plan
    this.#by = by
  }

  /**
   * The directory in which the path is to be bound; makes it, and its parents, if they are missing.
   * @throws {NexusError} NotADirectory if a file stands above, NotFound if a parent is missing and `parents` is false
   */
  parentFor(resolved: Resolved, parents: boolean | undefined): DirectoryHint {
    requireNoFileAbove(resolved)
    if (resolved.obstacle?.kind === 'dangling') throw notFound(resolved)
    if (resolved.followed.length > 0) parsePath(resolved.path)
    this.#plan.expect(...pathUnchanged(resolved))
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
    this.#plan.expect({ kind: 'absent', key })
    this.#plan.put(key, encodeHead(head))
    this.#plan.log(lineOf('mkdir', parent.id, path, head))
    this.#plan.whenCommitted(() => hints.adopt(hint))
    this.#made.set(path, { hint, head })
    return head
  }

  /** A directory that this commit makes at the path. */
  get(path: NexusPath): DirectoryHead | undefined {
    return this.#made.get(path)?.head
  }

  /** The key of a name in a directory that exists or is made here. */
  keyOf(parent: DirectoryHint, resolved: Resolved): Key {
    return resolved.key ?? this.#fs.resolver.hints.keyOf(parent, resolved.path)
  }
}

/** Takes a name out of its directory and keeps what it was bound to in the directory's history. */
export function endBinding(plan: CommitPlan, resolved: Resolved, bound: Bound, why: Ended['why']): void {
  if (resolved.key === undefined) throw new NexusError('Unexpected', `${resolved.path} has no entry that could end`)
  plan.expect(...pathUnchanged(resolved))
  plan.expect({ kind: 'at', key: resolved.key, revision: bound.entry.revision })
  plan.delete(resolved.key)
  keepEnded(plan, resolved, bound, why)
}

interface BoundAt {
  readonly within: { readonly id: Id }
  readonly path: NexusPath
}

/** The history row of a binding that ends in this commit; its key holds the commit's revision. */
export function keepEnded(plan: CommitPlan, { within, path }: BoundAt, bound: Bound, why: Ended['why']): void {
  const ended: Ended = { why, revision: bound.entry.revision }
  plan.put(endedKey(within.id, nameOf(path)), encodeHead({ ...detachedHead(bound), born: bornRevision(bound), ended }))
}

/** A head that leaves its row: what followed from the revision of the row is written into it. */
export function detachedHead(bound: Bound): Head {
  if (isDirectory(bound)) return { ...bound.head, born: undefined, ended: undefined }
  return { ...bound.head, revision: versionRevision(bound), born: undefined, ended: undefined }
}
