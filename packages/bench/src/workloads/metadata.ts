import type { PlannedFile } from '../acts/act.ts'
import { existsOf } from '../acts/exists.ts'
import { listOf } from '../acts/list.ts'
import { KiB, times, type Workload } from './workload.ts'

const file: PlannedFile = { path: '/file.bin', content: { key: 'exists', size: KiB } }

/** Questions that move no content. */
export const metadataWorkloads: readonly Workload[] = [
  {
    group: 'metadata',
    name: 'exists',
    version: 1,
    params: {},
    aliases: ['test_throughput.py::TestMetadataOperations::test_exists_check'],
    title: 'asks whether one file exists; it does',
    operations: 1,
    bytesPerOperation: 0,
    clients: 1,
    data: 'none',
    preload: [file],
    acts: () => [existsOf(file.path)],
  },
  {
    group: 'metadata',
    name: 'list',
    version: 1,
    params: { n: '50' },
    aliases: ['test_throughput.py::TestMetadataOperations::test_list_directory'],
    title: 'lists the names of a directory of 50 files',
    operations: 1,
    bytesPerOperation: 0,
    clients: 1,
    data: 'none',
    preload: fiftyFiles(),
    acts: () => [listOf('/list')],
  },
]

/** What the list workloads find: 50 files of 1 KiB in `/list`. */
export function fiftyFiles(): PlannedFile[] {
  return times(50, (n) => ({ path: `/list/file-${n}.bin`, content: { key: `list/${n}`, size: KiB } }))
}
