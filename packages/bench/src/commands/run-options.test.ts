import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { parseDuration, parseRunOptions } from './run-options.ts'

describe('parseRunOptions', () => {
  it('has the defaults of a quick run', () => {
    const options = parseRunOptions([])
    assert.equal(options.preset, 'quick')
    assert.equal(options.budgetMs, 100_000)
    assert.deepEqual(options.words, [])
    assert.equal(options.combos, undefined)
    assert.equal(options.results, '.nexus-bench')
  })

  it('takes lists with commas and repeated options', () => {
    const options = parseRunOptions(['dedup', '--combos', 'a,b', '--combos', 'c', '--require', 'd', '-k', 'x and y'])
    assert.deepEqual(options.combos, ['a', 'b', 'c'])
    assert.deepEqual(options.required, ['d'])
    assert.equal(options.keywords, 'x and y')
    assert.deepEqual(options.words, ['dedup'])
  })

  it('takes the spellings of the old suite', () => {
    const options = parseRunOptions(['test_dedup.py', '--benchmark-only', '--benchmark-save=base', '--benchmark-json=out.json'])
    assert.equal(options.name, 'base')
    assert.equal(options.json, 'out.json')
  })

  it.each([
    [['--preset', 'huge'], /--preset is quick, targets or all, not "huge"/],
    [['--budget', 'soon'], /--budget soon: write it as 100s or 10m/],
    [['--rounds', '0'], /--rounds 0/],
    [['--save', '../x'], /--save \.\.\/x/],
    [['--nothing'], /Unknown option '--nothing'/],
    [['--combos'], /--combos/],
  ])('refuses %j with the reason', (argv, message) => {
    assert.throws(() => parseRunOptions(argv), { code: 'InvalidArgument', message })
  })
})

it('durations have a unit, or are seconds', () => {
  assert.deepEqual(['100s', '10m', '1.5h', '250ms', '20'].map(parseDuration), [100_000, 600_000, 5_400_000, 250, 20_000])
})
