import { utf8 } from '../../core/bytes.ts'
import { isNexusError, NexusError } from '../../core/errors.ts'
import type { Id } from '../../core/id.ts'
import { limits } from '../../core/limits.ts'
import { childOf, type NexusPath, parentOf, rootPath } from '../../core/path.ts'
import type { Key, MetadataEntry, MetadataStore, Scan, ScanPage } from '../../metadata/metadata-store.ts'
import { type Bound, isDirectory } from '../model/head.ts'
import { decodeHead } from '../model/head-codec.ts'
import type { DirectoryHint, DirectoryHints, SymlinkHint } from './directory-hints.ts'

/**
 * The keys to look at from the root down to one path: as far as directory ids are believed, and one name further. A path is one look-up,
 * unless there are links on it: each leads to one of its own, which begins at the root again.
 */
export interface Lookup {
  readonly path: NexusPath
  readonly steps: readonly Step[]
  /** How the path goes on from the end; absent in the last look-up. */
  readonly onward: Onward | undefined
}

export interface Step {
  readonly path: NexusPath
  readonly key: Key
  /** The id that the keys of later steps are built on; absent in the last step. */
  readonly believed: Id | undefined
}

export type Onward =
  /** A link is believed to stand there; `isLast` if it is what the path itself names. */
  | { readonly kind: 'link'; readonly target: string; readonly isLast: boolean; readonly lookup: Lookup }
  /** A link that leads to nothing that can be looked up. */
  | { readonly kind: 'unresolvable'; readonly target: string; readonly error: NexusError }
  /** A directory must be there; the path goes on from the one that holds it. */
  | { readonly kind: 'up'; readonly lookup: Lookup }

/** How often all targets together may lead up again from a directory that they have led down to. */
const mostUps = 256

/** @param keepsLast the last name is looked at as it is, also if it is a link */
export function lookupOf(hints: DirectoryHints, path: NexusPath, keepsLast: boolean): Lookup {
  const symlink = hints.symlinkOn(path, keepsLast)
  return symlink === undefined ? lookupTo(hints, path, undefined) : new LookupsOfPath(hints, keepsLast).from(path, [])
}

function lookupTo(hints: DirectoryHints, path: NexusPath, onward: Onward | undefined): Lookup {
  if (path === rootPath) return { path, steps: [], onward }
  const deepest = hints.deepestAbove(path)
  const nextPath = childTowards(deepest.path, path)
  const steps: Step[] = [{ path: nextPath, key: hints.keyOf(deepest, nextPath), believed: undefined }]
  for (let hint: DirectoryHint = deepest; hint.link !== undefined; hint = hint.link.parent) {
    steps.push({ path: hint.path, key: hint.link.key, believed: hint.id })
  }
  return { path, steps: steps.reverse(), onward }
}

function childTowards(ancestor: NexusPath, path: NexusPath): NexusPath {
  const end = path.indexOf('/', ancestor === rootPath ? 1 : ancestor.length + 1)
  return end < 0 ? path : (path.slice(0, end) as NexusPath)
}

/** The look-ups of one path, as POSIX resolves links: from the real directory of each, `..` of the root is the root. */
class LookupsOfPath {
  readonly #hints: DirectoryHints
  readonly #keepsLast: boolean
  #followed = 0
  #ups = 0

  constructor(hints: DirectoryHints, keepsLast: boolean) {
    this.#hints = hints
    this.#keepsLast = keepsLast
  }

  /** @param rest what comes after `path`: names that begin with `..`, or nothing */
  from(path: NexusPath, rest: readonly string[]): Lookup {
    const symlink = this.#hints.symlinkOn(path, this.#keepsLast && rest.length === 0)
    if (symlink !== undefined) return lookupTo(this.#hints, symlink.path, this.#behind(symlink, path, rest))
    if (rest.length === 0) return lookupTo(this.#hints, path, undefined)
    return lookupTo(this.#hints, path, { kind: 'up', lookup: this.from(...downFrom(path, rest)) })
  }

  #behind({ path: at, target }: SymlinkHint, path: NexusPath, rest: readonly string[]): Onward {
    const names = [...namesIn(target), ...namesIn(path.slice(at.length)), ...rest]
    this.#followed++
    this.#ups += namesIn(target).filter((name) => name === '..').length
    const why = this.#whyUnresolvable(names)
    if (why !== undefined) return { kind: 'unresolvable', target, error: unresolvable(at, target, why) }
    const lookup = this.from(...downFrom(target.startsWith('/') ? rootPath : parentOf(at), names))
    return { kind: 'link', target, isLast: path === at && rest.length === 0, lookup }
  }

  #whyUnresolvable(names: readonly string[]): Pick<NexusError, 'message' | 'errno'> | undefined {
    if (this.#followed > limits.followedLinks) {
      return { message: `more than ${limits.followedLinks} links follow each other; they lead in a circle`, errno: 'ELOOP' }
    }
    const bytes = names.map((name) => utf8(name).length)
    if (bytes.some((length) => length > limits.segmentBytes)) {
      return { message: `a name has at most ${limits.segmentBytes} bytes`, errno: 'ENAMETOOLONG' }
    }
    const total = bytes.reduce((sum, length) => sum + length + 1, 0)
    if (total <= limits.namedPathBytes && this.#ups <= mostUps) return undefined
    return { message: 'it leads to a path that is too long', errno: 'ENAMETOOLONG' }
  }
}

/** From a directory up and down again, as far as the names go down; what is left begins with the next `..`, or is nothing. */
function downFrom(directory: NexusPath, names: readonly string[]): [NexusPath, readonly string[]] {
  let path = directory
  let at = 0
  for (; names[at] === '..'; at++) path = parentOf(path)
  for (; at < names.length && names[at] !== '..'; at++) path = childOf(path, names[at] ?? '')
  return [path, names.slice(at)]
}

function namesIn(target: string): readonly string[] {
  return target.split('/').filter((name) => name !== '' && name !== '.')
}

function unresolvable(path: NexusPath, target: string, { message, errno }: Pick<NexusError, 'message' | 'errno'>): NexusError {
  return new NexusError('InvalidPath', `the link ${path} -> ${target.slice(0, 200)}: ${message}`, { context: { path, errno } })
}

/** Read in the same snapshot as the paths. */
export interface AlsoRead {
  readonly get?: readonly Key[] | undefined
  /** A page of the entries of the first path, if it is a directory. */
  readonly scan?: Omit<Scan, 'group'> | undefined
  /** The last names are looked at as they are, also if they are links. */
  readonly keepsLast?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

interface LookupsReply {
  /** For each path, the entries at the steps of its look-ups, one look-up after the other. */
  readonly found: readonly (readonly (MetadataEntry | undefined)[])[]
  readonly also: readonly (MetadataEntry | undefined)[]
  readonly page: ScanPage | undefined
  readonly time: number
}

/**
 * One read of everything that the paths and the caller ask for. What is more than one read takes is asked for in several at once:
 * then only the entries of one path are certain to be from one snapshot.
 */
export async function readLookups(
  metadata: MetadataStore,
  lookups: readonly Lookup[],
  also: AlsoRead,
  scanned: DirectoryHint | undefined,
): Promise<LookupsReply> {
  const { get: alsoKeys = [], signal } = also
  const { keys, indices } = indexKeys(lookups)
  if (keys.length + alsoKeys.length > limits.scanEntries) return readInParts(metadata, lookups, also)
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
async function readInParts(
  metadata: MetadataStore,
  lookups: readonly Lookup[],
  { get = [], signal }: AlsoRead,
): Promise<LookupsReply> {
  const parts = partsOf(lookups).map((part) => readLookups(metadata, part, { signal }, undefined))
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
function partsOf(lookups: readonly Lookup[]): readonly (readonly Lookup[])[] {
  const parts: Lookup[][] = []
  let room = 0
  for (const lookup of lookups) {
    const steps = stepsOf(lookup)
    if (steps > limits.scanEntries) {
      throw new NexusError(
        'InvalidPath',
        `the links on the path ${lookup.path} lead through more than ${limits.scanEntries} directories`,
      )
    }
    if (steps > room) {
      parts.push([])
      room = limits.scanEntries
    }
    parts.at(-1)?.push(lookup)
    room -= steps
  }
  return parts
}

function stepsOf(lookup: Lookup): number {
  const next = lookupAfter(lookup)
  return lookup.steps.length + (next === undefined ? 0 : stepsOf(next))
}

function slicesOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const slices: T[][] = []
  for (let from = 0; from < items.length; from += size) slices.push(items.slice(from, from + size))
  return slices
}

/** All keys, those that paths share once, and for each path where its own are among them. */
function indexKeys(lookups: readonly Lookup[]): { keys: Key[]; indices: number[][] } {
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
  const indicesOf = (lookup: Lookup): number[] => {
    const own = lookup.steps.map(({ key }) => indexOf(key))
    const next = lookupAfter(lookup)
    return next === undefined ? own : [...own, ...indicesOf(next)]
  }
  return { indices: lookups.map(indicesOf), keys }
}

function lookupAfter({ onward }: Lookup): Lookup | undefined {
  return onward === undefined || onward.kind === 'unresolvable' ? undefined : onward.lookup
}

/** The last look-up that is believed in. */
export function lastLookup(first: Lookup): Lookup {
  let last = first
  for (let next = lookupAfter(last); next !== undefined; next = lookupAfter(next)) last = next
  return last
}

/** Names of a path up to which all levels above are read again for each further one: a round less if a name is absent. */
const shallow = 16

/** True if many levels are still unknown. */
function isDeep({ path, steps }: Lookup): boolean {
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
  lookups: readonly Lookup[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const deep = lookups.map(lastLookup).filter(isDeep)
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
