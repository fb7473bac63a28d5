import type { PlannedFile } from '../acts/act.ts'
import { appendOf } from '../acts/append.ts'
import { listStatOf } from '../acts/list-stat.ts'
import { removeOf } from '../acts/remove.ts'
import { writeOf } from '../acts/write.ts'
import { fiftyFiles } from './metadata.ts'
import { KiB, MiB, sizeName, times, type Workload } from './workload.ts'

const known: PlannedFile = { path: '/known/first.bin', content: { key: 'known', size: MiB } }
const marker: PlannedFile = { path: '/new/marker.bin', content: { key: 'marker', size: KiB } }

const appended = 200

/** A log that grows by lines: also part of the preset quick. */
export const appendWorkload: Workload = appends(100)

/** What the table of goals needs beyond the seed's workloads. */
export const targetWorkloads: readonly Workload[] = [
  ...[KiB, 100 * KiB, MiB, 10 * MiB].map(newFile),
  appendWorkload,
  appends(1_000),
  {
    ...common('overwrite-sparse', { size: '1KiB' }, KiB),
    title: 'overwrites one file of 1KiB with new bytes, after 20 ms of quiet each time',
    data: 'unique',
    growth: 'Nexus keeps one more version per operation; the raw file is replaced',
    preload: [{ path: '/file.bin', content: { key: 'sparse/before', size: KiB } }],
    acts: (i) => [writeOf('/file.bin', `sparse/${i}`, KiB)],
    quietMs: 20,
  },
  {
    ...common('remove', { size: '1KiB' }, 0),
    title: 'removes a file of 1KiB; raw: unlink, and in class disk an fsync of the folder',
    data: 'none',
    preload: [marker],
    prepares: (i) => [{ path: `/new/gone-${i}.bin`, content: { key: `gone/${i}`, size: KiB } }],
    acts: (i) => [removeOf(`/new/gone-${i}.bin`)],
  },
  {
    ...common('write-known', { size: '1MiB' }, MiB),
    title: 'writes 1 MiB that is stored already to a new path',
    data: 'same',
    growth: 'one file per operation',
    preload: [known],
    acts: (i) => [writeOf(`/known/${i}.bin`, known.content.key, known.content.size)],
    floor: 'commit',
  },
  {
    ...common('list-stat', { n: '50' }, 0),
    title: 'lists a directory of 50 files with the size of each; raw: readdir, then stat of each at once',
    data: 'none',
    preload: fiftyFiles(),
    acts: () => [listStatOf('/list')],
  },
]

function newFile(size: number): Workload {
  return {
    ...common('write-new', { size: sizeName(size) }, size),
    title: `writes ${sizeName(size)} of new bytes to a new path`,
    data: 'unique',
    growth: 'one file per operation',
    preload: [marker],
    acts: (i) => [writeOf(`/new/${i}.bin`, `new/${i}`, size)],
  }
}

function appends(count: number): Workload {
  const file = (i: number, lines: number): PlannedFile => {
    return { path: `/append/${count}-${i}.log`, content: { key: `append/${count}/${i}`, size: lines * appended } }
  }
  return {
    ...common('append', { n: `${count}` }, appended),
    title: `appends ${appended} bytes to a file, ${count} times, one after the other; raw: opened for each`,
    operations: count,
    data: 'unique',
    growth: 'Nexus keeps one more version per operation',
    preload: [marker],
    prepares: (i) => [file(i, 1)],
    acts: (i) => times(count, (n) => appendOf(file(i, n + 2), appended)),
  }
}

function common(name: string, params: Readonly<Record<string, string>>, bytesPerOperation: number) {
  return { group: 'targets', name, version: 1, params, aliases: [], operations: 1, bytesPerOperation, clients: 1 } as const
}
