import { NexusError } from '../../core/errors.ts'
import { childOf, type NexusPath, parentOf, rootPath, segmentsOf } from '../../core/path.ts'
import type { Expectation, Key, MetadataEntry, MetadataStore, ScanPage } from '../../metadata/metadata-store.ts'
import { type Bound, type BoundDirectory, type BoundLink, isDirectory, isLink } from '../model/head.ts'
import type { DirectoryHint, DirectoryHints } from './directory-hints.ts'
import { type AlsoRead, descend, headAt, type Lookup, lastLookup, lookupOf, readLookups, type Step } from './path-lookup.ts'

/** What stands at a path in one snapshot, with the whole chain above it. */
export interface Resolved {
  /** As it was asked for. */
  readonly asked: NexusPath
  /** Where the links on the way lead to: the same as `asked` if there are none. */
  readonly path: NexusPath
  /** The directories on the way that exist, below the root, from the top down. */
  readonly ancestors: readonly BoundDirectory[]
  /** The links that were followed. */
  readonly followed: readonly BoundLink[]
  /** The first of them that stands at the end of what was asked for. */
  readonly lastLink: BoundLink | undefined
  /** The last of the ancestors, or the root. */
  readonly within: DirectoryHint
  /** Where `within` is not the parent: what stands in the lookup, or the parents that are missing. */
  readonly obstacle: Obstacle | undefined
  /** Key of the path's own entry; absent for the root, and where there is an obstacle. */
  readonly key: Key | undefined
  /** What the path is bound to; absent for the root, which exists all the same. */
  readonly bound: Bound | undefined
  /** The directory itself, if the path is one. */
  readonly directory: DirectoryHint | undefined
}

export type Obstacle =
  | { readonly kind: 'file'; readonly path: NexusPath }
  /** From the top down. */
  | { readonly kind: 'missing'; readonly parents: readonly NexusPath[] }
  /** A link leads up again from a directory that is not there. */
  | { readonly kind: 'dangling'; readonly path: NexusPath }

export interface Snapshot {
  /** In the order of the paths. */
  readonly resolved: readonly Resolved[]
  /** In the order of `AlsoRead.get`. */
  readonly get: readonly (MetadataEntry | undefined)[]
  readonly page: ScanPage | undefined
  /** The store's clock, in milliseconds. */
  readonly time: number
}

/** What was passed in the look-ups before. */
type Passed = Pick<Resolved, 'ancestors' | 'followed' | 'lastLink'>

const nothingPassed: Passed = { ancestors: [], followed: [], lastLink: undefined }

/** Each round that gives no answer corrects a hint or learns one level more; only a storm of renames uses them up. */
const maxRounds = 5000

/**
 * Finds what paths are bound to. Warm, that is one read: the keys of the chain are known from hints, and the answer holds iff every
 * id of the chain is the hinted one in the same snapshot, and every link leads where it was believed to. A wrong or missing hint costs
 * a further read.
 */
export class Resolver {
  readonly hints: DirectoryHints
  readonly #metadata: MetadataStore

  constructor(metadata: MetadataStore, hints: DirectoryHints) {
    this.#metadata = metadata
    this.hints = hints
  }

  async resolve(path: NexusPath, also: AlsoRead = {}): Promise<Omit<Snapshot, 'resolved'> & { readonly resolved: Resolved }> {
    const { resolved: all, get, page, time } = await this.resolveAll([path], also)
    const [resolved] = all
    if (resolved === undefined) throw new NexusError('Unexpected', 'resolving one path gave no answer')
    return { resolved, get, page, time }
  }

  /**
   * All paths, and whatever is asked for besides, in one snapshot.
   * @throws {NexusError} InvalidPath for links in a circle, or to what no path can name
   */
  async resolveAll(paths: readonly NexusPath[], also: AlsoRead = {}): Promise<Snapshot> {
    const { keepsLast = false } = also
    for (let round = 0; round < maxRounds; round++) {
      const lookups = paths.map((path) => lookupOf(this.hints, path, keepsLast))
      const scanned = also.scan && lookups[0] !== undefined ? this.hints.get(lastLookup(lookups[0]).path) : undefined
      const reply = await readLookups(this.#metadata, lookups, also, scanned)
      const resolved: Resolved[] = []
      const unanswered: Lookup[] = []
      for (const [index, lookup] of lookups.entries()) {
        const answer = this.#judge(paths[index] ?? lookup.path, lookup, reply.found[index] ?? [], keepsLast)
        if (answer === undefined) unanswered.push(lookup)
        else resolved.push(answer)
      }
      const directory = resolved[0]?.directory
      const isScanDue = also.scan !== undefined && directory !== undefined && directory.id !== scanned?.id
      if (unanswered.length === 0 && !isScanDue) {
        return { resolved, get: reply.also, page: reply.page, time: reply.time }
      }
      await descend(this.#metadata, this.hints, unanswered, also.signal)
    }
    throw new NexusError('Unavailable', `the directories above ${paths[0] ?? '/'} change faster than they can be read`, {
      advice: 'try again',
    })
  }

  /** The answer for one path, or `undefined` if another round must ask under true ids, a level deeper, or behind a link. */
  #judge(
    asked: NexusPath,
    first: Lookup,
    entries: readonly (MetadataEntry | undefined)[],
    keepsLast: boolean,
  ): Resolved | undefined {
    let passed = nothingPassed
    let from = 0
    for (let lookup = first; ; ) {
      const end = this.#walk(asked, lookup, entries, from, passed)
      const { onward } = lookup
      if (end === undefined) return undefined
      if (end.obstacle !== undefined) return this.#blocked(lookup, end, end.obstacle)
      if (onward === undefined) return keepsLast || !this.#isSymlink(lookup.path, end.bound) ? end : undefined
      if (onward.kind === 'up') {
        if (end.directory === undefined) return this.#isSymlink(lookup.path, end.bound) ? undefined : dangling(end)
        passed = isDirectory(end.bound) ? { ...end, ancestors: [...end.ancestors, end.bound] } : end
      } else {
        if (!this.#isSymlink(lookup.path, end.bound, onward.target)) return undefined
        if (onward.kind === 'unresolvable') throw onward.error
        const lastLink = end.lastLink ?? (onward.isLast ? end.bound : undefined)
        passed = { ancestors: end.ancestors, followed: [...end.followed, end.bound], lastLink }
      }
      from += lookup.steps.length
      lookup = onward.lookup
    }
  }

  /** The path ends in this look-up, which need not be the last one: then the path that was asked for lies elsewhere. */
  #blocked({ path, onward }: Lookup, end: Resolved, obstacle: Obstacle): Resolved | undefined {
    if (onward === undefined) return end
    if (onward.kind === 'up') return obstacle.kind === 'missing' ? { ...end, obstacle: { kind: 'dangling', path } } : end
    // The link that was believed to stand there is gone with a directory above it.
    this.hints.forgetSymlink(path)
    return undefined
  }

  /** True if a link stands at the path (and leads to `target`, if that is given); what is seen there is remembered. */
  #isSymlink(path: NexusPath, bound: Bound | undefined, target?: string): bound is BoundLink {
    if (!isLink(bound)) {
      this.hints.forgetSymlink(path)
      return false
    }
    if (target === bound.head.target) return true
    this.hints.learnSymlink(path, bound.head.target)
    return target === undefined
  }

  /** To the end of one lookup, or to what blocks it; `undefined` if its keys were not the right ones. */
  #walk(
    asked: NexusPath,
    { path, steps }: Lookup,
    entries: readonly (MetadataEntry | undefined)[],
    from: number,
    { ancestors: above, followed, lastLink }: Passed,
  ): Resolved | undefined {
    const ancestors = [...above]
    let within = this.hints.root
    let obstacle: Obstacle | undefined
    for (const [depth, step] of steps.entries()) {
      const entry = entries[from + depth]
      const bound = entry && headAt(step.path, entry)
      if (step.path === path) {
        const directory = isDirectory(bound) ? this.hints.learn(within, path, bound.head.id) : undefined
        return { asked, path, ancestors, followed, lastLink, within, obstacle: undefined, key: step.key, bound, directory }
      }
      if (!isDirectory(bound)) {
        if (this.#isSymlink(step.path, bound)) return undefined
        this.hints.forget(step.path)
        obstacle = obstacleAt(step.path, path, bound)
        break
      }
      const seen = this.hints.learn(within, step.path, bound.head.id)
      if (seen.id !== step.believed) return this.#forgetBelow(steps, depth)
      ancestors.push(bound)
      within = seen
    }
    const directory = obstacle === undefined ? within : undefined
    return { asked, path, ancestors, followed, lastLink, within, obstacle, key: undefined, bound: undefined, directory }
  }

  /** What is believed further down hangs on the wrong id. */
  #forgetBelow(steps: readonly Step[], depth: number): undefined {
    for (const { path } of steps.slice(depth + 1)) this.hints.forget(path)
  }
}

/** What every mutation expects: that no directory and no link on the way to a path was moved, removed or replaced meanwhile. */
export function pathUnchanged({ ancestors, followed }: Resolved): Expectation[] {
  const passed: readonly Bound[] = followed.length === 0 ? ancestors : [...ancestors, ...followed]
  return passed.map(({ entry }) => ({ kind: 'at', key: entry.key, revision: entry.revision }))
}

/** The path ends above the path: at a name that is absent, or a file. */
function obstacleAt(at: NexusPath, path: NexusPath, bound: Bound | undefined): Obstacle {
  return bound === undefined ? { kind: 'missing', parents: pathsBetween(at, path) } : { kind: 'file', path: at }
}

function dangling(end: Resolved): Resolved {
  const obstacle: Obstacle = { kind: end.bound === undefined ? 'dangling' : 'file', path: end.path }
  return { ...end, obstacle, key: undefined, bound: undefined }
}

/** From `first` down to the parent of `path`. */
function pathsBetween(first: NexusPath, path: NexusPath): NexusPath[] {
  const depth = segmentsOf(first).length
  const names = segmentsOf(parentOf(path)).slice(depth)
  const between = [first]
  for (const name of names) between.push(childOf(between.at(-1) ?? rootPath, name))
  return between
}
