import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { isNexusError } from '../library.ts'
import { parseKeywords } from './keyword-expression.ts'

type Tree = { word: string } | { not: Tree } | { and: [Tree, Tree] } | { or: [Tree, Tree] }

const words = ['dedup', 'local-sqlite', 'size=1kib', 'write[', '10mb', 'local_fs+fsync', 'local-sqlite:os'] as const

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ word: fc.constantFrom(...words) }),
    fc.record({ not: tie('tree') }),
    fc.record({ and: fc.tuple(tie('tree'), tie('tree')) }),
    fc.record({ or: fc.tuple(tie('tree'), tie('tree')) }),
  ),
}))

describe('keyword expressions', () => {
  it('mean what their tree means', () => {
    fc.assert(
      fc.property(tree, fc.subarray([...words]), (expression, present) => {
        const text = present.join(' ')
        assert.equal(parseKeywords(print(expression)).matches(text), evaluate(expression, text))
      }),
      { numRuns: 500 },
    )
  })

  it('bind not before and, and before or', () => {
    const expression = parseKeywords('a or not b and c')
    const table = ['a', 'b c', 'c', 'b', ''].map((text) => expression.matches(text))
    assert.deepEqual(table, [true, false, true, false, false])
  })

  it('match substrings whatever the case', () => {
    assert.ok(parseKeywords('Local-SQLite and 1kib').matches('throughput/write[size=1KiB] local-sqlite'))
    assert.ok(parseKeywords('local-sqlite AND NOT 10mb').matches('throughput/write[size=1KiB] local-sqlite'))
  })

  it('never throw anything but InvalidArgument', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('and', 'or', 'not', '(', ')', 'a', 'b')), (tokens) => {
        try {
          parseKeywords(tokens.join(' '))
        } catch (error) {
          assert.ok(isNexusError(error, 'InvalidArgument'))
        }
      }),
    )
  })

  it.each([
    ['', /expected a word at its end/],
    ['a and', /expected a word at its end/],
    ['a b', /expected "and" or "or" at "b" \(character 3\)/],
    ['(a or b', /expected "\)" at its end/],
    ['or a', /expected a word at "or" \(character 1\)/],
    ['a )', /expected "and" or "or" at "\)"/],
  ])('say where %j is wrong', (source, message) =>
    assert.throws(() => parseKeywords(source), { code: 'InvalidArgument', message }),
  )

  it('list their words', () => assert.deepEqual(parseKeywords('a and not (B or a)').words, ['a', 'B', 'a']))
})

function print(node: Tree): string {
  if ('word' in node) return node.word
  if ('not' in node) return `not (${print(node.not)})`
  const [operator, [left, right]] = 'and' in node ? (['and', node.and] as const) : (['or', node.or] as const)
  return `(${print(left)}) ${operator} (${print(right)})`
}

function evaluate(node: Tree, text: string): boolean {
  if ('word' in node) return text.includes(node.word)
  if ('not' in node) return !evaluate(node.not, text)
  return 'and' in node ? node.and.every((side) => evaluate(side, text)) : node.or.some((side) => evaluate(side, text))
}
