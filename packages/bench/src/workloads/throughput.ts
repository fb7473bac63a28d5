import { readOf } from '../acts/read.ts'
import { writeOf } from '../acts/write.ts'
import { KiB, MiB, sizeName, type Workload } from './workload.ts'

const sizes: readonly (readonly [bytes: number, seedName: string])[] = [
  [KiB, '1kb'],
  [100 * KiB, '100kb'],
  [MiB, '1mb'],
  [10 * MiB, '10mb'],
]

/** One file, written or read again and again. */
export const throughputWorkloads: readonly Workload[] = [
  ...sizes.map(([size, seedName]) => overwrite(size, seedName)),
  ...sizes.map(([size, seedName]) => rereading(size, seedName)),
]

function overwrite(size: number, seedName: string): Workload {
  return {
    group: 'throughput',
    name: 'write',
    version: 1,
    params: { size: sizeName(size) },
    aliases: [`test_throughput.py::TestWriteThroughput::test_write_${seedName}`],
    title: `overwrites one file of ${sizeName(size)} with new bytes`,
    operations: 1,
    bytesPerOperation: size,
    clients: 1,
    data: 'unique',
    growth: 'Nexus keeps one more version per operation; the raw file is truncated in place',
    preload: [{ path: '/file.bin', content: { key: 'write/before', size } }],
    acts: (iteration) => [writeOf('/file.bin', `write/${iteration}`, size)],
  }
}

function rereading(size: number, seedName: string): Workload {
  return {
    group: 'throughput',
    name: 'read',
    version: 1,
    params: { size: sizeName(size) },
    aliases: [`test_throughput.py::TestReadThroughput::test_read_${seedName}`],
    title: `reads one warm file of ${sizeName(size)}`,
    operations: 1,
    bytesPerOperation: size,
    clients: 1,
    data: 'none',
    preload: [{ path: '/file.bin', content: { key: 'read', size } }],
    acts: () => [readOf('/file.bin')],
  }
}
