import { writeOf } from '../acts/write.ts'
import type { Workload } from '../workloads/workload.ts'

/** Overwrites one file of 100 bytes, unless it is told otherwise. */
export function fakeWorkload(changes: Partial<Workload> = {}): Workload {
  return {
    group: 'fake',
    name: 'overwrite',
    version: 1,
    params: {},
    aliases: ['test_fake.py::TestFake::test_overwrite'],
    title: 'overwrites one file',
    operations: 1,
    bytesPerOperation: 100,
    clients: 1,
    data: 'unique',
    preload: [{ path: '/file', content: { key: 'before', size: 100 } }],
    acts: (iteration) => [writeOf('/file', `content ${iteration}`, 100)],
    ...changes,
  }
}
