import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { Exclusion } from './exclude.ts'

describe('a pattern', () => {
  const cases: readonly [pattern: string, excluded: readonly string[], kept: readonly string[]][] = [
    ['*.log', ['a.log', 'x/y/b.log', '.log'], ['a.logs', 'log', 'a.log/x']],
    ['/build', ['build'], ['x/build', 'builds']],
    ['docs/*.pdf', ['docs/a.pdf'], ['docs/x/a.pdf', 'x/docs/a.pdf', 'docs/a.pdfx']],
    ['**/cache', ['cache', 'a/cache', 'a/b/cache'], ['cached', 'a/cache/b']],
    ['a/**', ['a/b', 'a/b/c', 'a'], ['b/a']],
    ['a/**/z', ['a/z', 'a/b/z', 'a/b/c/z'], ['a/b', 'b/a/z']],
    ['?.ts', ['a.ts', 'é.ts', '😀.ts'], ['ab.ts', '.ts']],
    ['[a-c]x', ['ax', 'cx'], ['dx', 'x', '[a-c]x']],
    ['[!a-c]x', ['dx', '-x'], ['ax', 'x']],
    ['[]x]', [']', 'x'], ['[]x]']],
    ['[ab', ['[ab'], ['a']],
    ['\\*', ['*'], ['a']],
    ['\\!a', ['!a'], ['a']],
    ['a.b', ['a.b'], ['axb']],
    ['(a|b)+', ['(a|b)+'], ['a', 'ab']],
    ['a*b*c', ['abc', 'a-b-b-c', 'abcbc'], ['ab', 'acb']],
    ['...', ['...'], ['abc']],
  ]
  for (const [pattern, excluded, kept] of cases) {
    it(`${pattern} is for ${excluded.join(' ')}, and not for ${kept.join(' ')}`, () => {
      const exclusion = new Exclusion([pattern])
      for (const path of excluded) assert.equal(exclusion.has(path, false), true, path)
      for (const path of kept) assert.equal(exclusion.has(path, false), false, path)
    })
  }

  it('with a slash at its end is for directories', () => {
    const exclusion = new Exclusion(['tmp/', '/a/b/'])
    assert.deepEqual(
      [exclusion.has('x/tmp', true), exclusion.has('x/tmp', false), exclusion.has('a/b', true), exclusion.has('a/b', false)],
      [true, false, true, false],
    )
  })

  it('never is for the source itself', () => {
    assert.equal(new Exclusion(['*', '**']).has('', true), false)
  })

  it('is refused if it is empty or negated', () => {
    for (const pattern of ['', '/', 'a//b', '!a', '//']) {
      assert.throws(() => new Exclusion([pattern]), { code: 'InvalidArgument' }, pattern)
    }
  })

  it('takes time that grows with the length, not with its powers', () => {
    const started = performance.now()
    const exclusion = new Exclusion([`${'*a'.repeat(60)}b`, `${'**/a/'.repeat(200)}b`])
    assert.equal(exclusion.has('a'.repeat(255), false), false)
    assert.equal(exclusion.has('a/'.repeat(2000), true), false)
    assert.ok(performance.now() - started < 2000)
  })
})
