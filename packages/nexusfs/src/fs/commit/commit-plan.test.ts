import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { Id } from '../../core/id.ts'
import { limits } from '../../core/limits.ts'
import { memoryFixture } from '../store.test-fixture.ts'
import { CommitPlan, type LogOperation, logRowsOf } from './commit-plan.ts'

const id = 'f'.repeat(32) as Id
/** One byte in a name, six in JSON. */
const control = '\u0001'

describe('the log rows of a plan', () => {
  it('fit into values also with the longest names, author and reason', () => {
    const plan = new CommitPlan(0)
    const operation: LogOperation = {
      kind: 'rollback',
      directory: id,
      name: control.repeat(limits.segmentBytes),
      id,
      version: Number.MAX_SAFE_INTEGER,
      delta: Number.MIN_SAFE_INTEGER,
      size: Number.MAX_SAFE_INTEGER,
    }
    for (let n = 0; n < 2400; n++) plan.log(operation)
    const stamp = { commit: id, author: control.repeat(255), reason: control.repeat(4096), time: 8.64e15, newSecond: 8.64e12 }
    const { writes } = plan.build(stamp)
    const rows = writes.filter(({ key }) => key.group[0] === 'l'.charCodeAt(0))
    assert.equal(rows.length, logRowsOf(2400))
    for (const row of rows) assert.ok(row.kind === 'put' && row.value.length <= limits.valueBytes)
  })

  it('are one for a plan that does nothing or little', () => {
    for (const operations of [0, 1, 140]) assert.equal(logRowsOf(operations), 1)
    assert.equal(logRowsOf(141), 2)
  })
})

describe('what two operations expect of one key', () => {
  it('is kept once', () => {
    const plan = new CommitPlan(0)
    const key = { group: Uint8Array.of(100, 47), item: Uint8Array.of(1) }
    plan.expect({ kind: 'absent', key }, { kind: 'absent', key })
    plan.put(key, Uint8Array.of(1))
    const stamp = { commit: id, author: 'ann', reason: undefined, time: 0, newSecond: undefined }
    assert.equal(plan.build(stamp).expect.length, 2)
  })
})

describe('the largest batch', () => {
  it('of 150 files with the longest names and words is written', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    const writes = Array.from({ length: 150 }, (_, n) => ({
      path: `/${control.repeat(252)}${String(n).padStart(3, '0')}`,
      content: 'x'.repeat(limits.tinyContentBytes),
    }))
    const entries = await fs.writeBatch(writes, { author: control.repeat(255), reason: control.repeat(4096) })
    assert.equal(entries.length, 150)
  })

  it('of 2,400 files that fill the commit is written, and one of more is refused before any I/O', async () => {
    await using fixture = await memoryFixture()
    const fs = await fixture.open()
    const files = (count: number): { path: string; content: string }[] =>
      Array.from({ length: count }, (_, n) => ({ path: `/d/${n}`, content: String(n).padStart(5, '0').repeat(1500) }))
    assert.equal((await fs.writeBatch(files(2400))).length, 2400)
    await assert.rejects(fs.writeBatch(files(2500)), /2,400/)
    assert.equal((await fs.usage()).versions, 2400)
  })
})
