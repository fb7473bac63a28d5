import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { exampleResultFile } from '../testing/example-result-file.ts'
import { notesOf } from './notes.ts'
import { goalResults, report } from './report.ts'
import { resultsPage } from './results-page.ts'

const file = exampleResultFile()

describe('reports', () => {
  it('the results page is as its golden file', async () => {
    await expect(resultsPage(file)).toMatchFileSnapshot('golden/results-page.md')
  })

  it('the golden file says what a reader must not miss', async () => {
    const page = await readFile(new URL('golden/results-page.md', import.meta.url), 'utf8')
    for (const needed of [
      '0.41x [0.39, 0.42] atomic, in place 0.49x',
      'local_fs+fsync !void',
      'n<6 !=durability',
      'n too small',
      'void: version 3 of /a',
      'set NEXUS_DATABASE_URL',
    ]) {
      assert.ok(page.includes(needed), needed)
    }
  })

  it('come from the JSON alone', () => {
    const read = JSON.parse(JSON.stringify(file))
    assert.equal(resultsPage(read), resultsPage(file))
    assert.deepEqual(JSON.parse(JSON.stringify(report(read))), JSON.parse(JSON.stringify(report(file))))
  })

  it('mark what the interval proves, and nothing else', () => {
    const tones = report(file).groups.flatMap(({ workloads }) =>
      workloads.flatMap(({ rows }) => rows.flatMap(({ cells }) => cells.filter(({ tone }) => tone !== 'plain'))),
    )
    assert.ok(tones.some(({ text, tone }) => text.startsWith('0.41x [0.39, 0.42]') && tone === 'good'))
    assert.ok(tones.every(({ text }) => text.includes('[')))
  })

  it('have no table to compare where only baselines were measured', () => {
    const baselines = { ...file, results: file.results.filter(({ combo }) => combo.startsWith('local_fs')) }
    assert.deepEqual(report(baselines).summary.rows, [])
  })
})

describe('goalResults', () => {
  const verdictOf = (ratio: number, interval: { low: number; high: number } | undefined) => {
    const results = file.results.map((result) => {
      const vs = [{ reference: 'local_fs+atomic', ratio, interval, rounds: 20, isSameClass: true }]
      return result.combo === 'local-sqlite' ? { ...result, vs } : result
    })
    return goalResults({ ...file, results }).find(({ goal }) => goal.workload === 'throughput/write[size=1KiB]')?.verdict
  }

  it('says met or not, and whether the interval leaves doubt', () => {
    assert.equal(verdictOf(0.25, { low: 0.2, high: 0.3 }), 'met')
    assert.equal(verdictOf(0.3, { low: 0.25, high: 0.4 }), 'met, close')
    assert.equal(verdictOf(0.4, { low: 0.3, high: 0.5 }), 'not met, close')
    assert.equal(verdictOf(0.5, { low: 0.4, high: 0.6 }), 'not met')
    assert.equal(verdictOf(0.25, undefined), 'met, n<6')
  })

  it('looks only at goals of workloads that were run, and not in a quick run', () => {
    assert.deepEqual(
      goalResults(file).map(({ goal }) => goal.workload),
      ['throughput/write[size=1KiB]'],
    )
  })
})

describe('notesOf', () => {
  it('names each reason for a missing figure once', () => {
    const notes = notesOf(file)
    assert.equal(notes.filter((note) => note.includes('strace')).length, 1)
    assert.ok(notes.some((note) => note.startsWith('skipped local-postgres: set ')))
    assert.ok(notes.some((note) => note.includes('100.0 % of the bytes written needed no space')))
  })

  it('says that a run was interrupted', () => {
    assert.match(notesOf({ ...file, run: { ...file.run, status: 'interrupted' } })[0] ?? '', /interrupted/)
  })
})
