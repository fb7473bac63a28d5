import { NexusError } from '../core/errors.ts'
import { childOf, type NexusPath, nameOf, parentOf, rootPath, segmentsOf } from '../core/path.ts'
import type { Expectation, Key, MetadataEntry, MetadataStore, ScanPage } from '../metadata/metadata-store.ts'
import type { DirectoryHint, DirectoryHints } from './directory-hints.ts'
import { type Bound, type BoundDirectory, isDirectory } from './head.ts'
import { decodeHead } from './head-codec.ts'
import { type AlsoRead, type Probe, probe, readProbes } from './path-probe.ts'

/** What stands at a path in one snapshot, with the whole chain above it. */
export interface Resolved {
  readonly path: NexusPath
  /** The directories above the path that exist, below the root, from the top down. */
  readonly ancestors: readonly BoundDirectory[]
  /** The last of them, or the root. */
  readonly within: DirectoryHint
  /** Where `within` is not the parent: what stands in the way, or the parents that are missing. */
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

export interface Snapshot {
  /** In the order of the paths. */
  readonly resolved: readonly Resolved[]
  /** In the order of `AlsoRead.get`. */
  readonly get: readonly (MetadataEntry | undefined)[]
  readonly page: ScanPage | undefined
  /** The store's clock, in milliseconds. */
  readonly time: number
}

/** Each round that gives no answer corrects a hint or learns one level more; only a storm of renames uses them up. */
const maxRounds = 5000

/**
 * Finds what paths are bound to. Warm, that is one read: the keys of the chain are known from hints, and the answer holds iff every
 * id of the chain is the hinted one in the same snapshot. A wrong or missing hint costs a further read.
 */
export class Resolver {
  readonly hints: DirectoryHints
  readonly #metadata: MetadataStore

  constructor(metadata: MetadataStore, hints: DirectoryHints) {
    this.#metadata = metadata
    this.hints = hints
  }

  async resolve(path: NexusPath, also: AlsoRead = {}): Promise<Snapshot & { readonly only: Resolved }> {
    const snapshot = await this.resolveAll([path], also)
    const [only] = snapshot.resolved
    if (only === undefined) throw new NexusError('Unexpected', 'a path was lost while it was resolved')
    return { ...snapshot, only }
  }

  /** All paths, and whatever is asked for besides, in one snapshot. */
  async resolveAll(paths: readonly NexusPath[], also: AlsoRead = {}): Promise<Snapshot> {
    for (let round = 0; round < maxRounds; round++) {
      const scanned = also.scan && paths[0] !== undefined ? this.hints.get(paths[0]) : undefined
      const probes = paths.map((path) => probe(this.hints, path))
      const reply = await readProbes(this.#metadata, probes, also, scanned)
      const resolved = probes.map((each, index) => this.#judge(each, reply.found[index] ?? []))
      const answers = resolved.filter((answer) => answer !== undefined)
      const isScanDue = also.scan !== undefined && answers[0]?.directory !== undefined && answers[0].directory.id !== scanned?.id
      if (answers.length === probes.length && !isScanDue) {
        return { resolved: answers, get: reply.also, page: reply.page, time: reply.time }
      }
    }
    throw new NexusError('Unavailable', `the directories above ${paths[0] ?? '/'} change faster than they can be read; try again`)
  }

  /** The answer for one path, or `undefined` if another round must ask under true ids, or a level deeper. */
  #judge(probe: Probe, entries: readonly (MetadataEntry | undefined)[]): Resolved | undefined {
    const ancestors: BoundDirectory[] = []
    let within = this.hints.root
    for (const [depth, step] of probe.steps.entries()) {
      const entry = entries[depth]
      const bound = entry && decodeHead(entry)
      const isDirectoryHere = isDirectory(bound)
      if (step.path === probe.path) {
        const directory = isDirectoryHere ? this.hints.learn(within, nameOf(step.path), bound.head.id) : undefined
        return { path: probe.path, ancestors, within, obstacle: undefined, key: step.key, bound, directory }
      }
      if (!isDirectoryHere) return this.#blocked(probe.path, ancestors, within, step.path, bound)
      const seen = this.hints.learn(within, nameOf(step.path), bound.head.id)
      if (seen.id !== step.believed) {
        // What is believed further down hangs on the wrong id.
        for (const { path } of probe.steps.slice(depth + 1)) this.hints.forget(path)
        return undefined
      }
      ancestors.push(bound)
      within = seen
    }
    return { path: probe.path, ancestors, within, obstacle: undefined, key: undefined, bound: undefined, directory: within }
  }

  /** The way ends above the path: at a name that is absent, or a file. */
  #blocked(
    path: NexusPath,
    ancestors: BoundDirectory[],
    within: DirectoryHint,
    at: NexusPath,
    bound: Bound | undefined,
  ): Resolved {
    this.hints.forget(at)
    const obstacle: Obstacle = bound ? { kind: 'file', path: at } : { kind: 'missing', parents: pathsBetween(at, path) }
    return { path, ancestors, within, obstacle, key: undefined, bound: undefined, directory: undefined }
  }
}

/** What every mutation expects of a path's ancestors: that none of them was moved, removed or replaced meanwhile. */
export function ancestorsUnchanged(resolved: Resolved): Expectation[] {
  return resolved.ancestors.map(({ entry }) => ({ kind: 'at', key: entry.key, revision: entry.revision }))
}

/** From `first` down to the parent of `path`. */
function pathsBetween(first: NexusPath, path: NexusPath): NexusPath[] {
  const depth = segmentsOf(first).length
  const names = segmentsOf(parentOf(path)).slice(depth)
  const between = [first]
  for (const name of names) between.push(childOf(between.at(-1) ?? rootPath, name))
  return between
}
