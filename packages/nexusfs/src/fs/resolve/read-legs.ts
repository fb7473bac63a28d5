import { isNexusError, NexusError } from '../../core/errors.ts'
import { limits } from '../../core/limits.ts'
import type { NexusPath } from '../../core/path.ts'
import type { Key, MetadataEntry, MetadataStore, Scan, ScanPage } from '../../metadata/metadata-store.ts'
import { type Bound, isDirectory } from '../model/head.ts'
import { decodeHead } from '../model/head-codec.ts'
import type { DirectoryHint, DirectoryHints } from './directory-hints.ts'
import type { Leg } from './path-legs.ts'

/** Read in the same snapshot as the paths. */
export interface AlsoRead {
  readonly get?: readonly Key[] | undefined
  /** A page of the entries of the first path, if it is a directory. */
  readonly scan?: Omit<Scan, 'group'> | undefined
  /** The last names are looked at as they are, also if they are links. */
  readonly keepsLast?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

export interface LegsReply {
  /** For each path, the entries at the steps of its legs, one leg after the other. */
  readonly found: readonly (readonly (MetadataEntry | undefined)[])[]
  readonly also: readonly (MetadataEntry | undefined)[]
  readonly page: ScanPage | undefined
  readonly time: number
}

/**
 * One read of everything that the paths and the caller ask for. What is more than one read takes is asked for in several at once:
 * then only the entries of one path are certain to be from one snapshot.
 */
export async function readLegs(
  metadata: MetadataStore,
  ways: readonly Leg[],
  also: AlsoRead,
  scanned: DirectoryHint | undefined,
): Promise<LegsReply> {
  const { get: alsoKeys = [], signal } = also
  const { keys, indices } = indexKeys(ways)
  if (keys.length + alsoKeys.length > limits.scanEntries) return readInParts(metadata, ways, also)
  const alsoFrom = keys.length
  keys.push(...alsoKeys)
  const scan = also.scan && scanned ? [{ ...also.scan, group: scanned.group }] : []
  const reply = await metadata.read({ get: keys, scan }, { signal })
  return {
    found: indices.map((own) => own.map((index) => reply.get[index])),
    also: reply.get.slice(alsoFrom),
    page: reply.scan[0],
    time: reply.time,
  }
}

/** Many paths with long chains of their own; a commit that relies on them expects every entry unchanged. */
async function readInParts(metadata: MetadataStore, ways: readonly Leg[], { get = [], signal }: AlsoRead): Promise<LegsReply> {
  const parts = partsOf(ways).map((part) => readLegs(metadata, part, { signal }, undefined))
  const rest = slicesOf(get, limits.scanEntries).map((slice) => metadata.read({ get: slice }, { signal }))
  const [replies, others] = await Promise.all([Promise.all(parts), Promise.all(rest)])
  return {
    found: replies.flatMap(({ found }) => found),
    also: others.flatMap((reply) => reply.get),
    page: undefined,
    time: Math.min(...replies.map(({ time }) => time)),
  }
}

/**
 * In order, each with at most as many steps as one read takes.
 * @throws {NexusError} InvalidPath for a path with more steps than that, which only links can make
 */
function partsOf(ways: readonly Leg[]): readonly (readonly Leg[])[] {
  const parts: Leg[][] = []
  let room = 0
  for (const way of ways) {
    const steps = stepsOf(way)
    if (steps > limits.scanEntries) {
      throw new NexusError(
        'InvalidPath',
        `the links on the way of ${way.path} lead through more than ${limits.scanEntries} directories`,
      )
    }
    if (steps > room) {
      parts.push([])
      room = limits.scanEntries
    }
    parts.at(-1)?.push(way)
    room -= steps
  }
  return parts
}

function stepsOf(way: Leg): number {
  const next = legAfter(way)
  return way.steps.length + (next === undefined ? 0 : stepsOf(next))
}

function slicesOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const slices: T[][] = []
  for (let from = 0; from < items.length; from += size) slices.push(items.slice(from, from + size))
  return slices
}

/** All keys, those that paths share once, and for each path where its own are among them. */
function indexKeys(ways: readonly Leg[]): { keys: Key[]; indices: number[][] } {
  const keys: Key[] = []
  const known = new Map<Key, number>()
  const indexOf = (key: Key): number => {
    const index = known.get(key) ?? keys.length
    if (index === keys.length) {
      known.set(key, index)
      keys.push(key)
    }
    return index
  }
  const indicesOf = (leg: Leg): number[] => {
    const own = leg.steps.map(({ key }) => indexOf(key))
    const next = legAfter(leg)
    return next === undefined ? own : [...own, ...indicesOf(next)]
  }
  return { indices: ways.map(indicesOf), keys }
}

function legAfter({ onward }: Leg): Leg | undefined {
  return onward === undefined || onward.kind === 'lost' ? undefined : onward.leg
}

/** The last leg that is believed in. */
export function lastLeg(way: Leg): Leg {
  let last = way
  for (let next = legAfter(last); next !== undefined; next = legAfter(next)) last = next
  return last
}

/** Names on the way of a path up to which all levels above are read again for each further one: a round less if a name is absent. */
const shallow = 16

/** True if many levels are still unknown. */
function isDeep({ path, steps }: Leg): boolean {
  const last = steps.at(-1)?.path ?? path
  if (last === path || path.length - last.length < 2) return false
  let names = steps.length
  for (let at = path.indexOf('/', last.length); at >= 0; at = path.indexOf('/', at + 1)) names++
  return names > shallow
}

/**
 * Learns the ids on the way down deep paths, level by level, one key of each path a read: so that the first look-up costs its depth. What
 * is learned are hints, since each level is of another snapshot.
 */
export async function descend(
  metadata: MetadataStore,
  hints: DirectoryHints,
  ways: readonly Leg[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const deep = ways.map(lastLeg).filter(isDeep)
  let under = deep.map(({ path }) => ({ path, hint: hints.deepestAbove(path) })).filter(({ path, hint }) => !isParent(hint, path))
  while (under.length > 0) {
    const next = under.map(({ path, hint }) => {
      const end = path.indexOf('/', hint.path.length + 1)
      const child = path.slice(0, end) as NexusPath
      return { path, hint, child, key: hints.keyOf(hint, child) }
    })
    const { get } = await metadata.read({ get: next.map(({ key }) => key) }, { signal })
    under = next.flatMap(({ path, hint, child }, index) => {
      const bound = readable(get[index])
      if (!isDirectory(bound)) return []
      const seen = hints.learn(hint, child, bound.head.id)
      return isParent(seen, path) ? [] : [{ path, hint: seen }]
    })
  }
}

function isParent(hint: DirectoryHint, path: NexusPath): boolean {
  return path.indexOf('/', hint.path.length + 1) < 0
}

/** What cannot be read is told of when the whole chain is looked at. */
function readable(entry: MetadataEntry | undefined): Bound | undefined {
  try {
    return entry && decodeHead(entry)
  } catch (error) {
    if (isNexusError(error)) return undefined
    throw error
  }
}

/**
 * What a path is bound to in a row.
 * @throws {NexusError} as `decodeHead`, and says which path it is
 */
export function headAt(path: NexusPath, entry: MetadataEntry): Bound {
  try {
    return decodeHead(entry)
  } catch (error) {
    if (!isNexusError(error)) throw error
    throw error.with({ summary: `${path}: ${error.summary}`, context: { path } })
  }
}
