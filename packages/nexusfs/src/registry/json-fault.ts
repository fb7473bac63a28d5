/**
 * Where a text stops being JSON, in characters from 0; `undefined` if it is JSON. V8 says it for some faults only, and quotes the text,
 * which may hold a password.
 */
export function jsonFault(text: string): number | undefined {
  const scanner = new Scanner(text)
  const isJson = scanner.value() && scanner.blank() && scanner.position === text.length
  return isJson ? undefined : scanner.position
}

/** `line 3, column 14`, both from 1. */
export function locationInText(text: string, position: number): string {
  const lines = text.slice(0, position).split('\n')
  return `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`
}

const scalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: a string of JSON holds none of them
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const blanks = /[ \t\n\r]*/y

/** Each method advances over what it names and says whether it was there; after the first that was not, `position` is the fault. */
class Scanner {
  position = 0
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  value(): boolean {
    this.blank()
    if (this.#text[this.position] === '{') return this.#list('{', '}', () => this.#member())
    if (this.#text[this.position] === '[') return this.#list('[', ']', () => this.value())
    return this.#match(string) || this.#match(scalar)
  }

  blank(): true {
    this.#match(blanks)
    return true
  }

  #member(): boolean {
    this.blank()
    return this.#match(string) && this.blank() && this.#is(':') && this.value()
  }

  #list(open: string, close: string, item: () => boolean): boolean {
    if (!this.#is(open)) return false
    this.blank()
    if (this.#is(close)) return true
    do {
      if (!item()) return false
      this.blank()
    } while (this.#is(','))
    return this.#is(close)
  }

  #is(character: string): boolean {
    if (this.#text[this.position] !== character) return false
    this.position += 1
    return true
  }

  #match(pattern: RegExp): boolean {
    pattern.lastIndex = this.position
    if (!pattern.test(this.#text)) return false
    this.position = pattern.lastIndex
    return true
  }
}
