import assert from 'node:assert/strict'
import { NexusFS } from 'nexusfs'
import { describe, it } from 'vitest'
import { errorsDocument } from '../../scripts/generate-errors-doc.ts'
import { readDocument } from './documents.ts'
import { compileDocuments } from './library-program.ts'

describe('what is said of the library', () => {
  it('lists the error codes as the generator does (npm run docs:errors)', () => {
    assert.equal(readDocument('docs/errors.md'), errorsDocument())
  })

  it('has a word in the guide for every public method', () => {
    const guide = readDocument('docs/guide/api.md')
    const methods = Object.getOwnPropertyNames(NexusFS.prototype).filter((name) => name !== 'constructor')
    assert.ok(methods.length >= 24, `only ${methods.length} methods were seen`)
    assert.deepEqual(
      [...methods, 'info', 'openNexus', 'NexusFS.open'].filter(
        (name) => !guide.includes(`\`${name}\``) && !guide.includes(`\`${name}()\``),
      ),
      [],
    )
  })

  it('compiles, and every name that nexusfs exports has a docstring', () => {
    const { exports, problems, blocks } = compileDocuments()
    assert.deepEqual(problems, [])
    assert.ok(blocks >= 20, `only ${blocks} modules were seen`)
    assert.ok(exports.length >= 50, `only ${exports.length} names were seen`)
    assert.deepEqual(
      exports.filter(({ isDocumented }) => !isDocumented).map(({ name }) => name),
      [],
    )
  })
})
