import type { PlannedFile } from '../acts/act.ts'
import { existsOf } from '../acts/exists.ts'
import { readOf } from '../acts/read.ts'
import { writeOf } from '../acts/write.ts'
import { KiB, MiB, times, type Workload } from './workload.ts'

const marker: PlannedFile = { path: '/agents/marker.bin', content: { key: 'marker', size: KiB } }

/** Many callers at once, as promises of one process; each iteration starts them together and ends with the last. */
export const concurrencyWorkloads: readonly Workload[] = [
  writers(10, 'test_concurrent_writes_10_agents'),
  writers(50, 'test_concurrent_writes_50_agents'),
  {
    ...common('write-same-file', 'TestConcurrentWrites::test_concurrent_writes_same_file', 10, 10 * KiB),
    title: '10 writers write one file of 10 KiB at once; Nexus must keep 10 versions',
    data: 'unique',
    growth: 'Nexus keeps 10 more versions per iteration',
    preload: [sharedFile(10 * KiB)],
    acts: (i) => times(10, (n) => writeOf('/agents/shared.bin', `same-file/${i}/${n}`, 10 * KiB)),
  },
  readers('read-10', 'test_concurrent_reads_10_agents', 10, MiB),
  {
    ...common('read-different', 'TestConcurrentReads::test_concurrent_reads_different_files', 10, 100 * KiB),
    title: '10 readers read 10 files of 100 KiB at once',
    data: 'none',
    preload: files(10, 100 * KiB),
    acts: () => times(10, (n) => readOf(pathOf(n))),
  },
  readers('read-50', 'test_concurrent_reads_50_agents', 50, 500 * KiB),
  {
    ...common('mixed-10', 'TestMixedConcurrentOperations::test_mixed_read_write_10_agents', 10, 50 * KiB),
    title: '5 readers read 5 files and 5 writers write 5 new files at once, 50 KiB each',
    data: 'unique',
    growth: '5 files per iteration',
    preload: files(5, 50 * KiB),
    acts: (i) => [
      ...times(5, (n) => readOf(pathOf(n))),
      ...times(5, (n) => writeOf(`/agents/new-${i}-${n}.bin`, `mixed/${i}/${n}`, 50 * KiB)),
    ],
  },
  {
    ...common('read-while-write', 'TestMixedConcurrentOperations::test_read_while_write_same_file', 20, 10 * KiB),
    title: '10 writers and 10 readers use one file of 10 KiB at once; no reader may see a torn file',
    data: 'unique',
    growth: 'Nexus keeps 10 more versions per iteration',
    preload: [sharedFile(10 * KiB)],
    acts: (i) => times(10, (n) => [writeOf('/agents/shared.bin', `rw/${i}/${n}`, 10 * KiB), readOf('/agents/shared.bin')]).flat(),
  },
  {
    ...common('metadata', 'TestMixedConcurrentOperations::test_concurrent_metadata_operations', 20, 0),
    title: '20 callers ask at once whether a file exists',
    data: 'none',
    preload: files(20, KiB),
    acts: () => times(20, (n) => existsOf(pathOf(n))),
  },
]

function writers(count: number, seedTest: string): Workload {
  return {
    ...common(`write-${count}`, `TestConcurrentWrites::${seedTest}`, count, 10 * KiB),
    title: `${count} writers write a new file of 10 KiB each, at once`,
    data: 'unique',
    growth: `${count} files per iteration`,
    preload: [marker],
    acts: (i) => times(count, (n) => writeOf(`/agents/${i}-${n}.bin`, `writers/${i}/${n}`, 10 * KiB)),
  }
}

function readers(name: string, seedTest: string, count: number, size: number): Workload {
  return {
    ...common(name, `TestConcurrentReads::${seedTest}`, count, size),
    title: `${count} readers read one file of ${size / KiB} KiB at once`,
    data: 'none',
    preload: [sharedFile(size)],
    acts: () => times(count, () => readOf('/agents/shared.bin')),
  }
}

function common(name: string, seedTest: string, clients: number, bytesPerOperation: number) {
  return {
    group: 'concurrency',
    name,
    version: 1,
    params: {},
    aliases: [`test_concurrency.py::${seedTest}`],
    operations: clients,
    bytesPerOperation,
    clients,
  } as const
}

function files(count: number, size: number): PlannedFile[] {
  return times(count, (n) => ({ path: pathOf(n), content: { key: `agents/${n}`, size } }))
}

function sharedFile(size: number): PlannedFile {
  return { path: '/agents/shared.bin', content: { key: 'shared', size } }
}

function pathOf(n: number): string {
  return `/agents/${n}.bin`
}
