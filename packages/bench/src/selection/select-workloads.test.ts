// Guards: packages/bench/src/selection/plan-run.ts

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { allWorkloads, seedWorkloads } from '../workloads/catalogue.ts'
import { workloadId } from '../workloads/workload.ts'
import { selectWorkloads } from './plan-run.ts'

const select = (word: string) => selectWorkloads(word, allWorkloads).workloads.map(workloadId)

describe('selectWorkloads', () => {
  it('takes a group, a name and an id', () => {
    assert.equal(select('dedup').length, 4)
    assert.equal(select('throughput/write').length, 4)
    assert.deepEqual(select('throughput/write[size=1KiB]'), ['throughput/write[size=1KiB]'])
  })

  it('takes every node id of the old suite, with and without its folder, for exactly one workload', () => {
    for (const workload of seedWorkloads) {
      const [alias = ''] = workload.aliases
      assert.deepEqual(select(alias), [workloadId(workload)])
      assert.deepEqual(select(`tests/benchmarks/${alias}`), [workloadId(workload)])
    }
  })

  it('takes files and classes of the old suite', () => {
    assert.deepEqual(select('tests/benchmarks/test_dedup.py'), select('dedup'))
    assert.deepEqual(select('test_throughput.py::TestWriteThroughput'), select('throughput/write'))
    assert.deepEqual(select('TestMetadataOperations'), ['metadata/exists', 'metadata/list[n=50]'])
  })

  it('takes the combination in brackets of a node id', () => {
    const { workloads, combo } = selectWorkloads('test_dedup.py::TestDeduplicationEfficiency[local-sqlite]', allWorkloads)
    assert.equal(workloads.length, 4)
    assert.equal(combo, 'local-sqlite')
  })

  it('names what is near when nothing has that name', () => {
    assert.throws(() => select('dedupe'), { code: 'NotFound', message: /no workload is called "dedupe"; near: dedup/ })
    assert.throws(() => select('test_nothing.py'), { code: 'NotFound' })
  })
})
