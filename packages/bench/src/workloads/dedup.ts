import type { PlannedFile } from '../acts/act.ts'
import { writeOf } from '../acts/write.ts'
import { KiB, times, type Workload } from './workload.ts'

const marker: PlannedFile = { path: '/dedup/marker.bin', content: { key: 'marker', size: KiB } }
const known: PlannedFile = { path: '/dedup/known.bin', content: { key: 'known', size: 50 * KiB } }

/** Equal bytes under different names. The raw file system stores them each time. */
export const dedupWorkloads: readonly Workload[] = [
  {
    ...common('duplicates', 'test_duplicate_write_performance', 100, 100 * KiB),
    title: 'writes the same new 100 KiB to 100 new paths, one after the other',
    growth: '100 files per iteration',
    preload: [marker],
    acts: (i) => times(100, (n) => writeOf(`/dedup/${i}-${n}.bin`, `duplicates/${i}`, 100 * KiB)),
  },
  {
    ...common('savings', 'test_deduplication_storage_savings', 100, 100 * KiB),
    title: 'writes the same 100 KiB to 100 new paths in every iteration; the figure is the share of bytes not stored',
    growth: '100 files per iteration',
    preload: [marker],
    acts: (i) => times(100, (n) => writeOf(`/dedup/${i}-${n}.bin`, 'savings', 100 * KiB)),
  },
  {
    ...common('mixed', 'test_mixed_content_deduplication', 100, 10 * KiB),
    title: 'writes 50 different new contents of 10 KiB, each to 2 new paths',
    growth: '100 files per iteration',
    preload: [marker],
    acts: (i) => times(100, (n) => writeOf(`/dedup/${i}-${n}.bin`, `mixed/${i}/${n % 50}`, 10 * KiB)),
  },
  {
    ...common('incremental', 'test_incremental_write_deduplication', 1, 50 * KiB),
    title: 'writes 50 KiB that are stored already to a new path',
    growth: 'one file per operation',
    preload: [known],
    acts: (i) => [writeOf(`/dedup/${i}.bin`, known.content.key, known.content.size)],
  },
]

function common(name: string, seedTest: string, operations: number, bytesPerOperation: number) {
  return {
    group: 'dedup',
    name,
    version: 1,
    params: {},
    aliases: [`test_dedup.py::TestDeduplicationEfficiency::${seedTest}`],
    operations,
    bytesPerOperation,
    clients: 1,
    data: 'same',
  } as const
}
