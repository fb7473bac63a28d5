import type { PlannedFile } from '../acts/act.ts'
import { readOf } from '../acts/read.ts'
import { writeOf } from '../acts/write.ts'
import { writeBatchOf } from '../acts/write-batch.ts'
import { KiB, times, type Workload } from './workload.ts'

const count = 100
/** Makes the directory, so that every combination finds it there. */
const marker: PlannedFile = { path: '/small/marker.bin', content: { key: 'marker', size: KiB } }

/** A hundred files of 1 KiB in one directory. */
export const smallWorkloads: readonly Workload[] = [
  {
    ...common('write', 'test_many_small_writes'),
    title: 'writes 100 new files of 1 KiB, one after the other',
    data: 'unique',
    growth: '100 files per iteration',
    preload: [marker],
    acts: (iteration) => newFiles(iteration).map((file) => writeOf(file.path, file.content.key, file.content.size)),
  },
  {
    ...common('write-batch', 'test_many_small_writes_batch'),
    title: 'writes 100 new files of 1 KiB in one batch; the raw file system has none and writes them one after the other',
    data: 'unique',
    growth: '100 files per iteration',
    preload: [marker],
    acts: (iteration) => [writeBatchOf(newFiles(iteration))],
  },
  {
    ...common('read', 'test_many_small_reads'),
    title: 'reads 100 warm files of 1 KiB, one after the other',
    data: 'none',
    preload: newFiles(0),
    acts: () => newFiles(0).map((file) => readOf(file.path)),
  },
]

function common(name: string, seedTest: string) {
  return {
    group: 'small',
    name,
    version: 1,
    params: { n: `${count}`, size: '1KiB' },
    aliases: [`test_throughput.py::TestSmallFileThroughput::${seedTest}`],
    operations: count,
    bytesPerOperation: KiB,
    clients: 1,
  } as const
}

function newFiles(iteration: number): PlannedFile[] {
  return times(count, (n) => ({ path: `/small/${iteration}-${n}.bin`, content: { key: `small/${iteration}/${n}`, size: KiB } }))
}
