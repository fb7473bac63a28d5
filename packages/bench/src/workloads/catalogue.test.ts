import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { Act } from '../acts/act.ts'
import { goals } from '../selection/goals.ts'
import { allWorkloads, seedWorkloads } from './catalogue.ts'
import { type Workload, workloadId } from './workload.ts'

const seedIds = [
  ...['1KiB', '100KiB', '1MiB', '10MiB'].flatMap((size) => [`throughput/write[size=${size}]`, `throughput/read[size=${size}]`]),
  ...['write', 'write-batch', 'read'].map((name) => `small/${name}[n=100,size=1KiB]`),
  'metadata/exists',
  'metadata/list[n=50]',
  ...['duplicates', 'savings', 'mixed', 'incremental'].map((name) => `dedup/${name}`),
  ...['cold', 'warm', 'pattern', 'small', 'large', 'mixed'].map((name) => `cache/${name}`),
  ...['write-10', 'write-50', 'write-same-file', 'read-10', 'read-different', 'read-50'].map((name) => `concurrency/${name}`),
  ...['mixed-10', 'read-while-write', 'metadata'].map((name) => `concurrency/${name}`),
]

describe('the catalogue', () => {
  it('has the 32 workloads of the seed under their ids', () => {
    assert.equal(seedIds.length, 32)
    assert.deepEqual(seedWorkloads.map(workloadId).sort(), [...seedIds].sort())
  })

  it('names one test of the old suite for each of them, no test twice', () => {
    const aliases = seedWorkloads.flatMap((workload) => workload.aliases)
    assert.equal(aliases.length, 32)
    assert.equal(new Set(aliases).size, 32)
  })

  it('has no id twice, and every workload that a goal needs', () => {
    const ids = allWorkloads.map(workloadId)
    assert.equal(new Set(ids).size, ids.length)
    for (const { workload } of goals) assert.ok(ids.includes(workload), workload)
  })

  it.each(allWorkloads.map((workload) => [workloadId(workload), workload] as const))(
    '%s does what it declares',
    (_, workload) => {
      const acts = workload.acts(0)
      assert.equal(
        acts.reduce((sum, act) => sum + operationsOf(act), 0),
        workload.operations,
      )
      const writes = acts.flatMap(({ writes = [] }) => writes)
      for (const size of acts.flatMap(sizesOf)) assert.equal(size, workload.bytesPerOperation)
      assert.equal(workload.data === 'none', writes.length === 0)
      assert.equal(workload.growth === undefined, writes.length === 0, 'what writes says what grows')
    },
  )

  it('writes no content twice where it declares unique data', () => {
    for (const workload of allWorkloads.filter(({ data }) => data === 'unique')) {
      const keys = [0, 1, 2].flatMap((iteration) => workload.acts(iteration).flatMap(keysOf))
      assert.equal(new Set(keys).size, keys.length, workloadId(workload))
    }
  })

  it('reads only files that are there', () => {
    for (const workload of allWorkloads) assertReadable(workload)
  })
})

function operationsOf(act: Act): number {
  return Math.max(1, act.writes?.length ?? 0)
}

function sizesOf({ given, writes = [] }: Act): number[] {
  return given === undefined ? writes.map(({ content }) => content.size) : [given]
}

function keysOf(act: Act): string[] {
  return (act.writes ?? []).map(({ content }) => `${content.key} ${content.size}`)
}

function assertReadable(workload: Workload): void {
  const there = new Set(workload.preload.map(({ path }) => path))
  const read = workload.acts(0).flatMap(({ needs = [] }) => needs)
  for (const path of [...read, ...(workload.cold?.warmed ?? [])]) assert.ok(there.has(path), `${workloadId(workload)} ${path}`)
}
