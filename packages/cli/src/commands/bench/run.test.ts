import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { benchRequest } from '../../testing/bench-request.ts'

describe('the options of nexus bench run', () => {
  it('ask for a quick run, and leave the rest to the suite', () => {
    const { preset, words, ...rest } = benchRequest([])
    assert.deepEqual([preset, words], ['quick', []])
    assert.ok(Object.values(rest).every((value) => value === undefined))
  })

  it('take lists with commas, and repeated options', () => {
    const request = benchRequest(['dedup', '--combos', 'a,b', '--combos', 'c', '--require', 'd', '-k', 'x and y'])
    assert.deepEqual(request.combos, ['a', 'b', 'c'])
    assert.deepEqual(request.required, ['d'])
    assert.equal(request.keywords, 'x and y')
    assert.deepEqual(request.words, ['dedup'])
  })

  it('take numbers with their units', () => {
    const request = benchRequest(['--budget', '1.5h', '--rounds', '7', '--seed', 's', '--preset', 'all'])
    assert.deepEqual([request.budgetMs, request.maximalRounds, request.seed, request.preset], [5_400_000, 7, 's', 'all'])
  })

  it('take the spellings of the old suite', () => {
    const words = ['test_dedup.py', '--benchmark-only', '--benchmark-save=base', '--benchmark-json=out.json']
    assert.equal(benchRequest(words).name, 'base')
    assert.equal(benchRequest(['--benchmark-save', 'base', '--save', 'mine']).name, 'mine')
  })
})
