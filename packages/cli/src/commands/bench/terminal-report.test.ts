import assert from 'node:assert/strict'
import { type ResultFile, report } from '@nexusfs/bench'
import picocolors from 'picocolors'
import { describe, expect, it } from 'vitest'
import { exampleResultFile } from '../../../../bench/src/testing/example-result-file.ts'
import { terminalReport } from './terminal-report.ts'

const file = exampleResultFile()
const show = (shown: ResultFile, hasColours = false) => terminalReport(report(shown), picocolors.createColors(hasColours))

describe('the report for a terminal', () => {
  it('is as its golden file', async () => {
    await expect(show(file)).toMatchFileSnapshot('golden/terminal-report.txt')
  })

  it('uses colour only where the interval proves something', () => {
    const coloured = show({ ...file, run: { ...file.run, preset: 'quick' } }, true)
    assert.ok(coloured.includes('\x1b[32m0.41x [0.39, 0.42]'))
    assert.ok(!coloured.includes('\x1b[32m0.03'))
  })

  it('has the same columns with and without colours', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one.
    assert.equal(show(file, true).replace(/\x1b\[\d+m/g, ''), show(file))
  })
})
