import type { Act, PlannedFile } from '../acts/act.ts'

/**
 * One benchmark as data: which files are there before, and what one iteration does. What each act must answer is not stated
 * here; the harness works it out from the acts themselves (`acts/`), so that no workload can forget to check something.
 */
export interface Workload {
  /** `throughput`, `small`, `metadata`, `dedup`, `cache`, `concurrency`, `targets`, `servers`. */
  readonly group: string
  readonly name: string
  /** Raised whenever results stop being comparable with earlier ones. */
  readonly version: number
  readonly params: Readonly<Record<string, string>>
  /** Node ids of the pytest suite that this workload replaces, without their folder; old commands keep working. */
  readonly aliases: readonly string[]
  /** What one iteration does, for people. */
  readonly title: string
  /** File operations in one iteration; throughput counts these, latencies are of whole iterations. */
  readonly operations: number
  /** Content bytes that one operation moves. */
  readonly bytesPerOperation: number
  /** Callers at work at the same time; 1 = the acts of an iteration follow each other. */
  readonly clients: number
  /** `unique`: no byte string twice. `same`: the repetition is the point. `none`: no content is written in the timed part. */
  readonly data: 'unique' | 'same' | 'none'
  /** What grows while the clock runs; absent = the state is the same in every iteration. */
  readonly growth?: string | undefined
  /** Files that are there before the first iteration. */
  readonly preload: readonly PlannedFile[]
  /** The acts of iteration 0, 1, 2 ...: the same for every combination. */
  readonly acts: (iteration: number) => readonly Act[]
  /** Files of an iteration that are made before its round, uncounted: what its acts remove. */
  readonly prepares?: ((iteration: number) => readonly PlannedFile[]) | undefined
  /**
   * Milliseconds of quiet before each iteration: calls that come one by one find other things warm, and nobody to share a sync
   * with.
   */
  readonly quietMs?: number | undefined
  /** Set for reads that must come from the disk. */
  readonly cold?: ColdStart | undefined
  /** Bytes of content cache that Nexus gets; its default if absent. */
  readonly cacheBytes?: number | undefined
  /** Also measure this floor of the metadata stores that take part. */
  readonly floor?: Floor | undefined
}

/**
 * What a floor leaves out of a file system. `commit`: all but SHA-256 of the content and one commit to the metadata store.
 * `bare`: all but the statements of the server itself.
 */
export type Floor = 'commit' | 'bare'

/** Before each round all file pages are dropped; a round is then one iteration. */
export interface ColdStart {
  /** Read once more before the clock starts, so that these are warm. */
  readonly warmed: readonly string[]
}

/** `throughput/write[size=1KiB]`: the id that selects a workload and names its results. */
export function workloadId(workload: Pick<Workload, 'group' | 'name' | 'params'>): string {
  const params = Object.entries(workload.params).map(([name, value]) => `${name}=${value}`)
  return `${workload.group}/${workload.name}${params.length > 0 ? `[${params.join(',')}]` : ''}`
}

/** True if an iteration writes a file that is there already. */
export function overwrites({ preload, acts }: Pick<Workload, 'preload' | 'acts'>): boolean {
  const there = new Set([...preload.map(({ path }) => path), ...acts(0).flatMap(pathsWritten)])
  return acts(1)
    .flatMap(pathsWritten)
    .some((path) => there.has(path))
}

function pathsWritten({ writes = [] }: Act): readonly string[] {
  return writes.map(({ path }) => path)
}

export const KiB = 1024
export const MiB: number = 1024 * KiB

/** `10MiB`, as sizes are written in ids. */
export function sizeName(bytes: number): string {
  return bytes >= MiB ? `${bytes / MiB}MiB` : `${bytes / KiB}KiB`
}

/** `count` values of `make(0)`, `make(1)` ... */
export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}
