import type { PlannedFile } from '../acts/act.ts'
import { readOf } from '../acts/read.ts'
import { KiB, MiB, times, type Workload } from './workload.ts'

/** Reads that a cache answers, and reads that it cannot. */
export const cacheWorkloads: readonly Workload[] = [
  {
    ...common('cold', 'test_cold_read', 1, MiB),
    title: 'reads one file of 1 MiB from the disk: no content cache, file pages dropped before each read',
    preload: filesOf(1, MiB),
    acts: () => readsOf(1),
    cold: { warmed: [] },
    cacheBytes: 0,
  },
  {
    ...common('warm', 'test_warm_read', 1, MiB),
    title: 'reads one warm file of 1 MiB',
    preload: filesOf(1, MiB),
    acts: () => readsOf(1),
  },
  {
    ...common('pattern', 'test_cache_read_pattern', 50, 100 * KiB),
    title: 'reads 10 files of 100 KiB in 5 passes',
    preload: filesOf(10, 100 * KiB),
    acts: () => times(5, () => readsOf(10)).flat(),
  },
  {
    ...common('small', 'test_small_file_cache', 50, KiB),
    title: 'reads 50 warm files of 1 KiB',
    preload: filesOf(50, KiB),
    acts: () => readsOf(50),
  },
  {
    ...common('large', 'test_large_file_cache', 1, 10 * MiB),
    title: 'reads one warm file of 10 MiB',
    preload: filesOf(1, 10 * MiB),
    acts: () => readsOf(1),
  },
  {
    ...common('mixed', 'test_mixed_cache_hit_miss', 20, 50 * KiB),
    title: 'reads 20 files of 50 KiB of which 10 were read since all pages were dropped; the content cache holds 10',
    preload: filesOf(20, 50 * KiB),
    acts: () => readsOf(20),
    cold: { warmed: times(10, pathOf) },
    cacheBytes: 10 * 50 * KiB,
  },
]

function common(name: string, seedTest: string, operations: number, bytesPerOperation: number) {
  return {
    group: 'cache',
    name,
    version: 1,
    params: {},
    aliases: [`test_cache.py::TestCacheEffectiveness::${seedTest}`],
    operations,
    bytesPerOperation,
    clients: 1,
    data: 'none',
  } as const
}

function filesOf(count: number, size: number): PlannedFile[] {
  return times(count, (n) => ({ path: pathOf(n), content: { key: `cache/${n}`, size } }))
}

function readsOf(count: number) {
  return times(count, (n) => readOf(pathOf(n)))
}

function pathOf(n: number): string {
  return `/cache/${n}.bin`
}
