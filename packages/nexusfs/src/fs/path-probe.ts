import type { Id } from '../core/id.ts'
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

/** One read of everything that the probes and the caller ask for. */
export async function readProbes(
  metadata: MetadataStore,
  probes: readonly Probe[],
  also: AlsoRead,
  scanned: DirectoryHint | undefined,
): Promise<ProbeReply> {
  const { keys, places } = placeKeys(probes)
  const alsoFrom = keys.length
  if (also.get !== undefined) keys.push(...also.get)
  const scan = also.scan && scanned ? [{ ...also.scan, group: scanned.group }] : []
  const reply = await metadata.read({ get: keys, scan }, { signal: also.signal })
  return {
    found: places.map((indices) => indices.map((index) => reply.get[index])),
    also: reply.get.slice(alsoFrom),
    page: reply.scan[0],
    time: reply.time,
  }
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
