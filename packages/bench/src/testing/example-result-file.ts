import type { Comparison, ResultFile, WorkloadResult } from '../results/result-file.ts'

/** A small run with one of everything that a report must show. */
export function exampleResultFile(): ResultFile {
  return {
    schema: 'nexus-bench/1',
    run: {
      id: '00000000-0000-4000-8000-000000000000',
      name: 'example',
      startedAt: '2026-01-02T03:04:05.000Z',
      endedAt: '2026-01-02T03:05:35.000Z',
      seed: 'abcd1234',
      argv: ['run', '-k', 'write and not 10mb'],
      preset: 'targets',
      budgetMs: 100_000,
      status: 'done',
    },
    tool: { version: '0.1.0', git: { sha: '0123456789abcdef0123456789abcdef01234567', dirty: true } },
    machine: {
      fingerprint: '0123456789ab',
      cpu: 'Example CPU',
      cores: 2,
      memoryBytes: 8 * 2 ** 30,
      os: 'Linux 6.1 x64',
      node: 'v24.0.0',
      v8: '13.6',
      folder: '/tmp',
      fileSystem: 'ext4',
      load: { before: 0.25, after: 1.5 },
      probes: { sha256Ms: 0.55, fsyncMs: 0.7 },
    },
    combos: [
      combo('local_fs', 'os'),
      combo('local_fs+fsync', 'disk'),
      combo('local_fs+atomic', 'disk'),
      combo('local-sqlite', 'disk'),
      combo('memory-memory', 'none'),
    ],
    results: [
      result('throughput/write[size=1KiB]', 'local_fs', 380_000, []),
      result('throughput/write[size=1KiB]', 'local_fs+fsync', 1_990_000, []),
      result('throughput/write[size=1KiB]', 'local_fs+atomic', 2_390_000, [
        comparison('local_fs+fsync', 1.2, { low: 1.18, high: 1.22 }, true),
      ]),
      result('throughput/write[size=1KiB]', 'local-sqlite', 970_000, [
        comparison('local_fs+atomic', 0.406, { low: 0.393, high: 0.42 }, true),
        comparison('local_fs+fsync', 0.487, { low: 0.471, high: 0.503 }, true),
      ]),
      result('throughput/write[size=1KiB]', 'memory-memory', 12_000, [comparison('local_fs', 0.0316, undefined, false)], 3),
      result('dedup/incremental', 'local-sqlite', 870_000, [comparison('local_fs+fsync', 1.42, { low: 1.1, high: 1.81 }, true)]),
      voidResult('dedup/incremental', 'local_fs+fsync'),
    ],
    skips: [{ what: 'local-postgres', reason: 'set NEXUS_DATABASE_URL or POSTGRES_URL' }],
    warnings: [],
  }
}

function combo(id: string, durability: 'none' | 'os' | 'disk'): ResultFile['combos'][number] {
  const reference = durability === 'disk' ? 'local_fs+fsync' : 'local_fs'
  const kind = id.startsWith('local_fs') ? 'baseline' : 'nexus'
  return { id, kind, label: id, durability, reference, status: 'ready', reason: undefined, settings: {} }
}

function comparison(reference: string, ratio: number, interval: Comparison['interval'], isSameClass: boolean): Comparison {
  return { reference, ratio, interval, rounds: interval === undefined ? 3 : 20, isSameClass }
}

function result(workload: string, id: string, p50Ns: number, vs: readonly Comparison[], rounds = 20): WorkloadResult {
  const isDedup = workload.startsWith('dedup')
  return {
    id: `${workload} ${id}`,
    workload,
    version: 1,
    group: workload.split('/')[0] ?? '',
    title: isDedup ? 'writes bytes that are stored already' : 'overwrites one file with new bytes',
    params: {},
    combo: id,
    durability: id === 'local_fs' ? 'os' : id === 'memory-memory' ? 'none' : 'disk',
    data: isDedup ? 'same' : 'unique',
    growth: 'one more version per operation',
    loop: { kind: 'closed', clients: 1 },
    operationsPerIteration: 1,
    bytesPerOperation: 1024,
    status: 'measured',
    problem: undefined,
    rounds: Array.from({ length: rounds }, (_, round) => ({
      round,
      place: round % 4,
      iterations: 60,
      wallNs: p50Ns * 60,
      medianNs: p50Ns,
      isWarmUp: false,
    })),
    stats: {
      samples: rounds * 60,
      minNs: p50Ns * 0.9,
      meanNs: p50Ns * 1.05,
      p50Ns,
      p99Ns: rounds * 60 >= 1000 ? p50Ns * 3 : undefined,
      maxNs: p50Ns * 4,
      operationsPerSecond: 1e9 / (p50Ns * 1.05),
      bytesPerSecond: (1024 * 1e9) / (p50Ns * 1.05),
    },
    io: {
      storedBytes: isDedup ? 0 : 1024,
      diskBytes: undefined,
      logicalBytes: 1024,
      fsyncs: id === 'local-sqlite' ? 'counting them needs strace' : 1,
    },
    cold: undefined,
    verify: { checkedBytes: 1_228_800, tornReads: 0 },
    vs,
  }
}

function voidResult(workload: string, id: string): WorkloadResult {
  const problem = { code: 'Corrupt', message: 'version 3 of /a does not hold the bytes that were written' }
  return { ...result(workload, id, 1, [], 0), status: 'void', problem, rounds: [], stats: undefined, io: undefined }
}
