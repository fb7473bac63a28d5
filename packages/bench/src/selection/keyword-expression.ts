import { NexusError } from '../library.ts'

/**
 * The `-k` grammar: words joined by `and`, `or`, `not` and parentheses. A word is true of a text that contains it, whatever the case.
 *
 *     or   = and ("or" and)*
 *     and  = not ("and" not)*
 *     not  = "not" not | "(" or ")" | word
 */
export interface KeywordExpression {
  matches(text: string): boolean
  /** Every word in it, as written. */
  readonly words: readonly string[]
}

/**
 * @throws {NexusError} InvalidArgument, with the position of the mistake
 */
export function parseKeywords(source: string): KeywordExpression {
  const parser = new Parser(source)
  const node = parser.whole()
  return { matches: (text) => holds(node, text.toLowerCase()), words: parser.words }
}

type Node =
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'not'; readonly inner: Node }
  | { readonly kind: 'and' | 'or'; readonly left: Node; readonly right: Node }

function holds(node: Node, text: string): boolean {
  switch (node.kind) {
    case 'word':
      return text.includes(node.word)
    case 'not':
      return !holds(node.inner, text)
    case 'and':
      return holds(node.left, text) && holds(node.right, text)
    case 'or':
      return holds(node.left, text) || holds(node.right, text)
  }
}

interface Token {
  readonly text: string
  /** From 0, in the source. */
  readonly at: number
}

class Parser {
  readonly words: string[] = []
  readonly #source: string
  readonly #tokens: readonly Token[]
  #next = 0

  constructor(source: string) {
    this.#source = source
    this.#tokens = [...source.matchAll(/[()]|[^\s()]+/g)].map((match) => ({ text: match[0], at: match.index }))
  }

  whole(): Node {
    const node = this.#or()
    const rest = this.#peek()
    if (rest !== undefined) throw this.#mistake(rest, 'expected "and" or "or"')
    return node
  }

  #or(): Node {
    let node = this.#and()
    while (this.#take('or')) node = { kind: 'or', left: node, right: this.#and() }
    return node
  }

  #and(): Node {
    let node = this.#not()
    while (this.#take('and')) node = { kind: 'and', left: node, right: this.#not() }
    return node
  }

  #not(): Node {
    if (this.#take('not')) return { kind: 'not', inner: this.#not() }
    if (this.#take('(')) return this.#parenthesis()
    const token = this.#peek()
    if (token === undefined || isReserved(token.text)) throw this.#mistake(token, 'expected a word')
    this.#next += 1
    this.words.push(token.text)
    return { kind: 'word', word: token.text.toLowerCase() }
  }

  #parenthesis(): Node {
    const node = this.#or()
    if (this.#take(')')) return node
    throw this.#mistake(this.#peek(), 'expected ")"')
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#next]
  }

  #take(text: string): boolean {
    if (this.#peek()?.text.toLowerCase() !== text) return false
    this.#next += 1
    return true
  }

  #mistake(token: Token | undefined, expected: string): NexusError {
    const where = token === undefined ? 'at its end' : `at "${token.text}" (character ${token.at + 1})`
    return new NexusError('InvalidArgument', `-k ${JSON.stringify(this.#source)}: ${expected} ${where}`)
  }
}

function isReserved(text: string): boolean {
  return ['and', 'or', 'not', '(', ')'].includes(text.toLowerCase())
}
