import type { DurabilityClass } from '../library.ts'
import { type Workload, workloadId } from '../workloads/workload.ts'

/** A figure that Nexus wants to reach on any machine: a ratio to something measured in the same run. */
export interface Goal {
  readonly row: string
  readonly workload: string
  readonly combo: string
  readonly reference: string
  readonly durability: DurabilityClass
  /** At most. */
  readonly ratio: number
}

const disk = { combo: 'local-sqlite', reference: 'local_fs+fsync', durability: 'disk' } as const
/** Overwrites promise what a temporary file and a rename promise. */
const atomic = { ...disk, reference: 'local_fs+atomic' } as const
const os = { combo: 'local-sqlite:os', reference: 'local_fs', durability: 'os' } as const
const redis = { combo: 'local-redis', reference: 'bare-redis', durability: 'os' } as const
const knownContent = { row: 'write 1 MiB known content', workload: 'targets/write-known[size=1MiB]' }

/** The goals, one by one. */
export const goals: readonly Goal[] = [
  ...both('write 1 KiB, new', 'targets/write-new[size=1KiB]', 0.6, 0.45),
  onAtomic('write 1 KiB, overwrite', 'throughput/write[size=1KiB]', 0.35),
  onAtomic('write 1 KiB, overwrite, one every 20 ms', 'targets/overwrite-sparse[size=1KiB]', 0.7),
  ...onOs('write 1 KiB, overwrite', 'throughput/write[size=1KiB]', 0.25),
  ...both('write 100 KiB unique, new', 'targets/write-new[size=100KiB]', 1.1, 1.9),
  onAtomic('write 100 KiB unique, overwrite', 'throughput/write[size=100KiB]', 0.9),
  ...onOs('write 100 KiB unique, overwrite', 'throughput/write[size=100KiB]', 1.9),
  ...both('write 1 MiB unique, new', 'targets/write-new[size=1MiB]', 1.05, 2.1),
  onAtomic('write 1 MiB unique, overwrite', 'throughput/write[size=1MiB]', 1.1),
  ...onOs('write 1 MiB unique, overwrite', 'throughput/write[size=1MiB]', 1.3),
  ...both('write 10 MiB unique, new', 'targets/write-new[size=10MiB]', 1.1, 2.1),
  ...both('write 10 MiB unique, overwrite', 'throughput/write[size=10MiB]', 1.2, 1.3),
  { ...knownContent, ...disk, ratio: 0.9 },
  { ...knownContent, ...disk, reference: 'sha256+commit', ratio: 1.15 },
  { ...knownContent, ...os, reference: 'sha256+commit:os', ratio: 1.15 },
  ...both('100 x 1 KiB, one by one', 'small/write[n=100,size=1KiB]', 0.8, 0.45),
  ...both('100 x 1 KiB, one batch', 'small/write-batch[n=100,size=1KiB]', 0.1, 0.12),
  ...both('10 concurrent writers, 10 KiB each', 'concurrency/write-10', 0.4, 0.5),
  ...both('50 concurrent writers, 10 KiB each', 'concurrency/write-50', 0.4, 0.5),
  onAtomic('10 writers of one file', 'concurrency/write-same-file', 1.0),
  onAtomic('10 readers beside 10 writers of one file', 'concurrency/read-while-write', 1.0),
  onDisk('5 readers and 5 writers, 50 KiB each', 'concurrency/mixed-10', 0.8),
  onDisk('20 x exists at once', 'concurrency/metadata', 0.5),
  onDisk('remove 1 KiB', 'targets/remove[size=1KiB]', 1.2),
  ...onOs('read 1 KiB, warm', 'throughput/read[size=1KiB]', 0.1),
  ...onOs('read 100 KiB, warm', 'throughput/read[size=100KiB]', 0.35),
  ...onOs('read 1 MiB, warm', 'throughput/read[size=1MiB]', 0.5),
  ...onOs('read 10 MiB, warm', 'throughput/read[size=10MiB]', 1.0),
  ...onOs('exists', 'metadata/exists', 0.35),
  ...onOs('list 50 names', 'metadata/list[n=50]', 0.8),
  ...onOs('list 50 with stat', 'targets/list-stat[n=50]', 0.3),
  { row: 'Redis, 1 caller writes 1 KiB', workload: 'servers/write[callers=1]', ...redis, ratio: 2.0 },
  { row: 'Redis, 10 callers write 1 KiB', workload: 'servers/write[callers=10]', ...redis, ratio: 1.5 },
  { row: 'Redis, 50 callers write 1 KiB', workload: 'servers/write[callers=50]', ...redis, ratio: 1.5 },
]

/** The workloads that the goals need. */
export function targetWorkloadsOf(workloads: readonly Workload[]): readonly Workload[] {
  const needed = new Set(goals.map(({ workload }) => workload))
  return workloads.filter((workload) => needed.has(workloadId(workload)))
}

function onDisk(row: string, workload: string, ratio: number): Goal {
  return { row, workload, ...disk, ratio }
}

function onAtomic(row: string, workload: string, ratio: number): Goal {
  return { row, workload, ...atomic, ratio }
}

function both(row: string, workload: string, onDisk: number, inOs: number): readonly Goal[] {
  return [{ row, workload, ...disk, ratio: onDisk }, ...onOs(row, workload, inOs)]
}

function onOs(row: string, workload: string, ratio: number): readonly Goal[] {
  return [{ row, workload, ...os, ratio }]
}
