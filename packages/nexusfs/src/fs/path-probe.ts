import type { Id } from '../core/id.ts'
import { limits } from '../core/limits.ts'
import { childOf, type NexusPath, segmentsOf } from '../core/path.ts'
import type { Key, MetadataEntry, MetadataStore, Scan, ScanPage } from '../metadata/metadata-store.ts'
import type { DirectoryHint, DirectoryHints } from './directory-hints.ts'

/** The keys to look at on the way to one path: as far down as directory ids are believed, and one name further. */
export interface Probe {
  readonly path: NexusPath
  readonly steps: readonly ProbeStep[]
}

export interface ProbeStep {
  readonly path: NexusPath
  readonly key: Key
  /** The id that the keys of later steps are built on; absent in the last step. */
  readonly believed: Id | undefined
}

/** Read in the same snapshot as the paths. */
export interface AlsoRead {
  readonly get?: readonly Key[] | undefined
  /** A page of the entries of the first path, if it is a directory. */
  readonly scan?: Omit<Scan, 'group'> | undefined
  readonly signal?: AbortSignal | undefined
}

export interface ProbeReply {
  /** For each probe, the entry at each of its steps. */
  readonly found: readonly (readonly (MetadataEntry | undefined)[])[]
  readonly also: readonly (MetadataEntry | undefined)[]
  readonly page: ScanPage | undefined
  readonly time: number
}

export function probe(hints: DirectoryHints, path: NexusPath): Probe {
  if (path === hints.root.path) return { path, steps: [] }
  const deepest = hints.deepestAbove(path)
  const nextPath = childTowards(deepest.path, path)
  const steps: ProbeStep[] = [{ path: nextPath, key: hints.keyOf(deepest, nextPath), believed: undefined }]
  for (let hint = deepest; hint.link !== undefined; hint = hint.link.parent) {
    steps.push({ path: hint.path, key: hint.link.key, believed: hint.id })
  }
  return { path, steps: steps.reverse() }
}

/**
 * One read of everything that the probes and the caller ask for. What is more than one read takes is asked for in several at once:
 * then only the entries of one probe are certain to be from one snapshot.
 */
export async function readProbes(
  metadata: MetadataStore,
  probes: readonly Probe[],
  also: AlsoRead,
  scanned: DirectoryHint | undefined,
): Promise<ProbeReply> {
  const { get: alsoKeys = [], signal } = also
  const { keys, places } = placeKeys(probes)
  if (keys.length + alsoKeys.length > limits.scanEntries) return readInParts(metadata, probes, also)
  const alsoFrom = keys.length
  keys.push(...alsoKeys)
  const scan = also.scan && scanned ? [{ ...also.scan, group: scanned.group }] : []
  const reply = await metadata.read({ get: keys, scan }, { signal })
  return {
    found: places.map((indices) => indices.map((index) => reply.get[index])),
    also: reply.get.slice(alsoFrom),
    page: reply.scan[0],
    time: reply.time,
  }
}

/** Many paths with long chains of their own; a commit that relies on them expects every entry unchanged. */
async function readInParts(
  metadata: MetadataStore,
  probes: readonly Probe[],
  { get = [], signal }: AlsoRead,
): Promise<ProbeReply> {
  const parts = partsOf(probes).map((part) => readProbes(metadata, part, { signal }, undefined))
  const rest = slicesOf(get, limits.scanEntries).map((slice) => metadata.read({ get: slice }, { signal }))
  const [replies, others] = await Promise.all([Promise.all(parts), Promise.all(rest)])
  return {
    found: replies.flatMap(({ found }) => found),
    also: others.flatMap((reply) => reply.get),
    page: undefined,
    time: Math.min(...replies.map(({ time }) => time)),
  }
}

/** In order, each with at most as many steps as one read takes. */
function partsOf(probes: readonly Probe[]): readonly (readonly Probe[])[] {
  const parts: Probe[][] = []
  let room = 0
  for (const probe of probes) {
    if (probe.steps.length > room) {
      parts.push([])
      room = limits.scanEntries
    }
    parts.at(-1)?.push(probe)
    room -= probe.steps.length
  }
  return parts
}

function slicesOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const slices: T[][] = []
  for (let from = 0; from < items.length; from += size) slices.push(items.slice(from, from + size))
  return slices
}

/** All keys, those that probes share once, and for each probe where its own are among them. */
function placeKeys(probes: readonly Probe[]): { keys: Key[]; places: number[][] } {
  const keys: Key[] = []
  const known = new Map<Key, number>()
  const place = (key: Key): number => {
    const index = known.get(key) ?? keys.length
    if (index === keys.length) {
      known.set(key, index)
      keys.push(key)
    }
    return index
  }
  return { places: probes.map(({ steps }) => steps.map(({ key }) => place(key))), keys }
}

function childTowards(ancestor: NexusPath, path: NexusPath): NexusPath {
  const depth = segmentsOf(ancestor).length
  return childOf(ancestor, segmentsOf(path)[depth] ?? '')
}
