import type { PlannedFile } from '../acts/act.ts'
import { existsOf } from '../acts/exists.ts'
import { writeOf } from '../acts/write.ts'
import { KiB, times, type Workload } from './workload.ts'

const marker: PlannedFile = { path: '/servers/marker.bin', content: { key: 'marker', size: KiB } }
const callers = [1, 10, 50]

/** What a metadata store on a server is measured by, beside the bare statements of that server. */
export const serverWorkloads: readonly Workload[] = [
  ...callers.map(writers),
  {
    ...common('exists', 1),
    title: 'asks whether one file exists; bare: one look-up by key',
    bytesPerOperation: 0,
    data: 'none',
    preload: [marker],
    acts: () => [existsOf(marker.path)],
  },
]

function writers(count: number): Workload {
  return {
    ...common('write', count),
    title: `${count} ${count === 1 ? 'caller writes' : 'callers write'} a new file of 1 KiB each, at once; bare: one record each`,
    bytesPerOperation: KiB,
    data: 'unique',
    growth: `${count} ${count === 1 ? 'file' : 'files'} per iteration`,
    preload: [marker],
    acts: (i) => times(count, (n) => writeOf(`/servers/${i}-${n}.bin`, `servers/${count}/${i}/${n}`, KiB)),
  }
}

function common(name: string, count: number) {
  return {
    group: 'servers',
    name,
    version: 1,
    params: { callers: `${count}` },
    aliases: [],
    operations: count,
    clients: count,
    floor: 'bare',
  } as const
}
