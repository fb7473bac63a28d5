import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { isNexusError } from './errors.ts'
import { childOf, isName, isWithin, nameOf, parentOf, parsePath, segmentsOf } from './path.ts'

/** What the rules say, in the plainest form; `undefined` = refused. */
function expected(input: string): string | undefined {
  if (input[0] !== '/' || input.includes('\0') || !input.isWellFormed()) return undefined
  const names = input.split('/').filter((name) => name !== '' && name !== '.')
  if (names.includes('..') || names.some((name) => Buffer.byteLength(name) > 255)) return undefined
  const path = `/${names.join('/')}`
  return Buffer.byteLength(path) > 4096 ? undefined : path
}

function parsed(input: string): string | undefined {
  try {
    return parsePath(input)
  } catch (error) {
    assert.ok(isNexusError(error, 'InvalidPath'), String(error))
    return undefined
  }
}

const segment = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom('', '.', '..', '...', 'a..b', 'a', 'A', ' ', '-', '_', 'é', 'e\u0301', '\\', '%2e%2e', '~'),
  },
  { weight: 1, arbitrary: fc.constantFrom('\0', 'a\0b', '\ud800', '\udc00', '\ud83d\ude00', 'x'.repeat(255), 'x'.repeat(256)) },
  { weight: 1, arbitrary: fc.constantFrom('é'.repeat(127), 'é'.repeat(128), '€'.repeat(85), '€'.repeat(86), '😀'.repeat(64)) },
)
const input = fc.oneof(
  fc.array(segment, { maxLength: 8 }).map((parts) => `/${parts.join('/')}`),
  fc.array(segment, { maxLength: 4 }).map((parts) => parts.join('/')),
  fc
    .tuple(fc.constantFrom('a', 'é', 'abcdefg', 'x'.repeat(200)), fc.integer({ min: 1, max: 800 }))
    .map(([name, times]) => `/${name}`.repeat(times)),
)

describe('parsePath', () => {
  it('accepts, refuses and normalises as the rules say', () => {
    fc.assert(
      fc.property(input, (text) => {
        assert.equal(parsed(text), expected(text), JSON.stringify(text.slice(0, 100)))
      }),
      { numRuns: 20_000 },
    )
  })

  it('gives a form that is its own form, and never leads above the root', () => {
    fc.assert(
      fc.property(input, (text) => {
        const path = parsed(text)
        if (path === undefined) return
        assert.equal(parsePath(path), path)
        assert.ok(path === '/' || !path.endsWith('/'))
        for (const name of segmentsOf(parsePath(path))) assert.ok(isName(name), name)
      }),
      { numRuns: 10_000 },
    )
  })

  it('has its limits at 255 bytes a name and 4,096 bytes a path', () => {
    assert.equal(parsed(`/${'x'.repeat(255)}`)?.length, 256)
    assert.equal(parsed(`/${'x'.repeat(256)}`), undefined)
    const long = `${`/${'x'.repeat(255)}`.repeat(15)}/${'y'.repeat(254)}`
    assert.equal(long.length, 4095)
    assert.equal(parsed(`${long}y`), `${long}y`)
    assert.equal(parsed(`${long}/y`), undefined)
    assert.equal(parsed(`${long}y/`), `${long}y`)
  })

  it('says what is wrong, and shows no more than the beginning', () => {
    assert.throws(() => parsePath('notes.md'), /write it from the root, beginning with "\/"/)
    assert.throws(() => parsePath('/a/../b'), /"\.\." is not resolved/)
    assert.throws(
      () => parsePath(`/${'x'.repeat(100_000)}`),
      (error) => error instanceof Error && error.message.length < 400,
    )
  })

  it('takes linear time', () => {
    const started = performance.now()
    for (const text of ['/'.repeat(1_000_000), '/.'.repeat(500_000), `/${'a '.repeat(500_000)}`, `/${'a/'.repeat(500_000)}!`])
      parsed(text)
    assert.ok(performance.now() - started < 3000)
  })
})

describe('parts of a path', () => {
  it('fit together', () => {
    fc.assert(
      fc.property(input, (text) => {
        const path = expected(text)
        if (path === undefined) return
        const normal = parsePath(path)
        if (normal === '/') return assert.deepEqual([nameOf(normal), parentOf(normal), segmentsOf(normal)], ['', '/', []])
        assert.equal(childOf(parentOf(normal), nameOf(normal)), normal)
        assert.deepEqual(segmentsOf(normal), [...segmentsOf(parentOf(normal)), nameOf(normal)])
        assert.ok(isWithin(normal, parentOf(normal)) && isWithin(normal, normal) && !isWithin(parentOf(normal), normal))
      }),
      { numRuns: 5000 },
    )
  })

  it('a name that begins like a directory is not within it', () => {
    assert.equal(isWithin(parsePath('/ab'), parsePath('/a')), false)
    assert.equal(isWithin(parsePath('/a/b'), parsePath('/a')), true)
    assert.equal(isWithin(parsePath('/a'), parsePath('/')), true)
  })
})
