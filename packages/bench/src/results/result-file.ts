import type { DurabilityClass } from '../library.ts'

export const resultSchema = 'nexus-bench/1'

/** The JSON file of a run. Rounds are kept one by one, so that every figure can be worked out again. */
export interface ResultFile {
  readonly schema: typeof resultSchema
  readonly run: RunFacts
  readonly tool: { readonly version: string; readonly git: GitFacts | undefined }
  readonly machine: MachineFacts
  readonly combos: readonly ComboFacts[]
  readonly results: readonly WorkloadResult[]
  readonly skips: readonly Skip[]
  readonly warnings: readonly string[]
}

export interface RunFacts {
  readonly id: string
  readonly name: string
  /** ISO 8601. */
  readonly startedAt: string
  readonly endedAt: string
  readonly seed: string
  readonly argv: readonly string[]
  readonly preset: string
  readonly budgetMs: number
  /** `running` in a file whose run was killed; `interrupted` after Ctrl-C: the results that are there are whole. */
  readonly status: 'running' | 'done' | 'interrupted'
}

export interface GitFacts {
  readonly sha: string
  readonly dirty: boolean
}

export interface MachineFacts {
  /** Equal fingerprints mean comparable machines. */
  readonly fingerprint: string
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly os: string
  readonly node: string
  readonly v8: string
  /** Where the files of the run were, and on what. */
  readonly folder: string
  readonly fileSystem: string
  /** Load averages of 1 minute, before and after. */
  readonly load: { readonly before: number; readonly after: number }
  /** Milliseconds, medians: SHA-256 of 1 MiB; write and fsync of 4 KiB. */
  readonly probes: { readonly sha256Ms: number; readonly fsyncMs: number }
}

export interface ComboFacts {
  readonly id: string
  readonly kind: 'baseline' | 'nexus' | 'floor'
  readonly label: string
  readonly durability: DurabilityClass
  readonly reference: string
  readonly status: 'ready' | 'skipped' | 'failed'
  readonly reason: string | undefined
  readonly settings: Readonly<Record<string, string>>
}

/** One workload on one combination. */
export interface WorkloadResult {
  /** `throughput/write[size=1KiB] local-sqlite` */
  readonly id: string
  readonly workload: string
  readonly version: number
  readonly group: string
  readonly title: string
  readonly params: Readonly<Record<string, string>>
  readonly combo: string
  readonly durability: DurabilityClass
  readonly data: 'unique' | 'same' | 'none'
  readonly growth: string | undefined
  readonly loop: { readonly kind: 'closed'; readonly clients: number }
  readonly operationsPerIteration: number
  readonly bytesPerOperation: number
  /** `void`: something was wrong, the times mean nothing and are left out. */
  readonly status: 'measured' | 'void' | 'skipped'
  readonly problem: { readonly code: string; readonly message: string } | undefined
  readonly rounds: readonly RoundFacts[]
  readonly stats: Statistics | undefined
  readonly io: IoFacts | undefined
  /** For reads that were to come from the disk: per iteration, what was cold and what was fetched. */
  readonly cold: { readonly coldBytes: number; readonly fetchedBytes: number } | undefined
  readonly verify: { readonly checkedBytes: number; readonly tornReads: number }
  /** Against the baseline nearest in promise first, then any other; the same combination as its own reference is left out. */
  readonly vs: readonly Comparison[]
}

export interface RoundFacts {
  readonly round: number
  /** Its position in the random order of the round, from 0. */
  readonly place: number
  readonly iterations: number
  readonly wallNs: number
  readonly medianNs: number
  /** True if it is the first iteration of all, kept because there was no time for another. */
  readonly isWarmUp: boolean
}

/** Of iterations, in nanoseconds; operations and bytes per second of the time that the clock ran. */
export interface Statistics {
  readonly samples: number
  readonly minNs: number
  readonly meanNs: number
  readonly p50Ns: number
  /** Absent if fewer than 10 samples lie above it. */
  readonly p99Ns: number | undefined
  readonly maxNs: number
  readonly operationsPerSecond: number
  readonly bytesPerSecond: number
}

/** Per file operation, over the whole workload. */
export interface IoFacts {
  readonly storedBytes: number
  /** Growth of the folder on disk, logs and records included; absent without a folder. */
  readonly diskBytes: number | undefined
  readonly logicalBytes: number
  /** A number, or why there is none. */
  readonly fsyncs: number | string
}

export interface Comparison {
  readonly reference: string
  readonly ratio: number
  /** The 95 % interval; absent with fewer than 6 rounds. */
  readonly interval: { readonly low: number; readonly high: number } | undefined
  readonly rounds: number
  /** False: the two do not promise the same, so the ratio is not an overhead. */
  readonly isSameClass: boolean
}

export interface Skip {
  /** A combination, or a workload that was not reached. */
  readonly what: string
  readonly reason: string
}

/** True for a file of this schema whose parts are there. */
export function isResultFile(value: unknown): value is ResultFile {
  if (typeof value !== 'object' || value === null || !('schema' in value) || value.schema !== resultSchema) return false
  const parts = new Map<string, unknown>(Object.entries(value))
  const isPart = (name: string) => typeof parts.get(name) === 'object' && parts.get(name) !== null
  return (
    isPart('run') &&
    isPart('machine') &&
    ['combos', 'results', 'skips', 'warnings'].every((name) => Array.isArray(parts.get(name)))
  )
}
