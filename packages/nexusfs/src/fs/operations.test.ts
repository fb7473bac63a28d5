import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { NexusFS } from './nexus-fs.ts'
import { operations } from './operations.ts'

describe('the table of operations', () => {
  it('has every method of NexusFS', () => {
    const methods = Object.getOwnPropertyNames(NexusFS.prototype).filter((name) => !['constructor', 'close'].includes(name))
    assert.deepEqual(Object.keys(operations).sort(), methods.sort())
  })

  it('gives an author and a reason to what commits, a signal to all, and a precondition only to what commits', () => {
    for (const [name, { options, mutates }] of Object.entries(operations)) {
      const names = Object.keys(options)
      assert.ok(names.includes('signal'), name)
      for (const option of ['author', 'reason']) assert.equal(names.includes(option), mutates, `${name} ${option}`)
      assert.ok(mutates || !names.some((option) => option.startsWith('if')), name)
    }
  })
})
