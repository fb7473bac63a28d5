import assert from 'node:assert/strict'
import { describe, expectTypeOf, it } from 'vitest'
import { NexusFS } from '../nexus-fs.ts'
import { type OperationName, type OptionsByOperation, operations } from './operations.ts'

type LastArgument<Name extends OperationName> =
  Required<Parameters<NexusFS[Name]>> extends [...unknown[], infer Last] ? Last : never

describe('the table of operations', () => {
  it('has every method of NexusFS', () => {
    const methods = Object.getOwnPropertyNames(NexusFS.prototype).filter((name) => !['constructor', 'close'].includes(name))
    assert.deepEqual(Object.keys(operations).sort(), methods.sort())
  })

  it('has for every method the options that it takes', () => {
    expectTypeOf<OptionsByOperation>().toEqualTypeOf<{ readonly [Name in OperationName]: LastArgument<Name> }>()
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
