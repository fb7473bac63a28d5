import assert from 'node:assert/strict'
import type { StorageBackend } from 'nexusfs'
import { MemoryBackend } from 'nexusfs/memory'
import { describe, it, test } from 'vitest'
import type { ConformanceReport, ConformanceSubject } from '../law.ts'
import { registerLaws } from '../register-laws.ts'
import { runConformance } from '../run-conformance.ts'
import { storageLaws } from './index.ts'
import { storageMutants } from './mutants/index.ts'

function memory(name: string, options: { readonly staging: boolean }): ConformanceSubject<StorageBackend> {
  return {
    kind: 'storage',
    name,
    isInProcess: true,
    open: (namespace) => MemoryBackend.open({ name: namespace, ...options }),
    dispose: async (namespace) => MemoryBackend.drop(namespace),
  }
}

registerLaws(memory('memory', { staging: true }), { describe, it })
registerLaws(memory('memory without staging', { staging: false }), { describe, it })

test('all laws run on memory within two seconds, on one of three tries', async () => {
  let spent = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < 3 && spent >= 2_000; attempt++) {
    const began = performance.now()
    const report = await runConformance(memory('memory', { staging: true }))
    spent = performance.now() - began
    assert.deepEqual([report.failed, report.skipped, report.unchecked], [0, 6, 0])
  }
  assert.ok(spent < 2_000, `${spent} ms`)
})

test('a failure can be seen again, to the byte, from the seed in its reproduction', async () => {
  const wrong = storageMutants.find(({ id }) => id === 'ranges-end-early')?.mutate(memory('wrong', { staging: true }))
  assert.ok(wrong)
  const first = reproductionOf(await runConformance(wrong, storageLaws, { only: ['put-sizes', 'range-any'] }))
  const [, seed, only] = /replay: {3}runConformance\(subject, laws, \{ seed: (\d+), only: \['([a-z-]+)'\] \}\)/.exec(first) ?? []
  assert.equal(only, 'range-any')
  const again = await runConformance(wrong, storageLaws, { seed: Number(seed), only: ['range-any'] })
  assert.equal(reproductionOf(again), first)
  const other = await runConformance(wrong, storageLaws, { seed: Number(seed) + 1, only: ['range-any'] })
  assert.notEqual(reproductionOf(other), first)
})

function reproductionOf(report: ConformanceReport): string {
  const [failed, ...more] = report.results.filter((result) => result.status === 'failed')
  assert.ok(failed)
  assert.equal(more.length, 0)
  return failed.reproduction
}
