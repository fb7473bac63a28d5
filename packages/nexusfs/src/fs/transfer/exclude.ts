import { NexusError } from '../../core/errors.ts'

/** What a pattern says of the names of a path, one for each: `**` stands for any number of them. */
interface Pattern {
  readonly segments: readonly string[]
  readonly isForDirectories: boolean
}

/**
 * Patterns of paths to leave out, in the form of `.gitignore` without negation: `*` and `?` stand for characters other than `/`, `[a-z]`
 * and `[!a-z]` for one of a set, `**` for any number of names, `\` takes the special meaning from what follows. A pattern with a slash
 * before its end begins at the source; any other is for a name wherever it stands. A slash at the end: directories only.
 */
export class Exclusion {
  readonly #patterns: readonly Pattern[]

  /**
   * @throws {NexusError} InvalidArgument for a pattern that is empty or negated
   */
  constructor(patterns: readonly string[] = []) {
    this.#patterns = patterns.map(parsePattern)
  }

  /** @param below names below the source, joined with `/` */
  has(below: string, isDirectory: boolean): boolean {
    if (this.#patterns.length === 0 || below === '') return false
    const names = below.split('/')
    return this.#patterns.some(
      ({ segments, isForDirectories }) => (isDirectory || !isForDirectories) && matchesPath(segments, names),
    )
  }
}

function parsePattern(text: string): Pattern {
  const isForDirectories = text.endsWith('/')
  const body = isForDirectories ? text.slice(0, -1) : text
  const isAnchored = body.includes('/')
  const segments = (body.startsWith('/') ? body.slice(1) : body).split('/')
  if (segments.includes('') || text.startsWith('!')) {
    const fix = text.startsWith('!')
      ? 'it cannot be negated; write \\! for a name that begins so'
      : 'write a name, or names with / between'
    throw new NexusError('InvalidArgument', `exclude: ${JSON.stringify(text)} is not a pattern: ${fix}`)
  }
  return { segments: isAnchored ? segments : ['**', ...segments], isForDirectories }
}

/** In steps at most the product of both lengths: on a mismatch, only the last `**` takes a name more. */
function matchesPath(segments: readonly string[], names: readonly string[]): boolean {
  return matchesSequence(segments, names, '**', (segment, name) => matchesName(tokensOf(segment), name))
}

function matchesName(tokens: readonly Token[], name: string): boolean {
  return matchesSequence(tokens, [...name], anything, (token, character) => typeof token === 'object' && token.test(character))
}

function matchesSequence<Part, Item>(
  parts: readonly Part[],
  items: readonly Item[],
  any: Part,
  matches: (part: Part, item: Item) => boolean,
): boolean {
  let part = 0
  let item = 0
  let lastAny = -1
  let triedFrom = 0
  while (item < items.length) {
    const [expected, found] = [parts[part], items[item]]
    if (part < parts.length && expected === any) {
      lastAny = part++
      triedFrom = item
    } else if (expected !== undefined && found !== undefined && matches(expected, found)) {
      part++
      item++
    } else if (lastAny >= 0) {
      part = lastAny + 1
      item = ++triedFrom
    } else {
      return false
    }
  }
  while (part < parts.length && parts[part] === any) part++
  return part === parts.length
}

/** Any number of characters, or a set out of which one comes. */
type Token = typeof anything | { test(character: string): boolean }
const anything = '*'

const known = new Map<string, readonly Token[]>()

function tokensOf(segment: string): readonly Token[] {
  const found = known.get(segment)
  if (found !== undefined) return found
  const tokens: Token[] = []
  const characters = [...segment]
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? ''
    const end = character === '[' ? characters.indexOf(']', at + 2) : -1
    if (character === '*') tokens.push(anything)
    else if (character === '?') tokens.push({ test: () => true })
    else if (end > 0) {
      tokens.push(setOf(characters.slice(at + 1, end)))
      at = end
    } else {
      const literal = character === '\\' && at + 1 < characters.length ? characters[++at] : character
      tokens.push({ test: (each) => each === literal })
    }
  }
  if (known.size > 1000) known.clear()
  known.set(segment, tokens)
  return tokens
}

function setOf(inside: readonly string[]): { test(character: string): boolean } {
  const isNegated = inside[0] === '!' || inside[0] === '^'
  const members = isNegated ? inside.slice(1) : inside
  const ranges: (readonly [from: string, to: string])[] = []
  for (let at = 0; at < members.length; at++) {
    const from = members[at] ?? ''
    const isRange = members[at + 1] === '-' && at + 2 < members.length
    ranges.push([from, isRange ? (members[at + 2] ?? from) : from])
    if (isRange) at += 2
  }
  return { test: (each) => ranges.some(([from, to]) => from <= each && each <= to) !== isNegated }
}
