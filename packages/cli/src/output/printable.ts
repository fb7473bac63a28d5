const unprintable = /[\p{Cc}\u2028\u2029\p{Bidi_Control}]/gu
const shortForms: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** The text on one line and without power over a terminal: control characters are spelled out, as `\n` or `\u001b`. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => {
    return shortForms[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

const ambiguous = /[\p{Cc}\u2028\u2029\p{Bidi_Control}"\\]/u

/** A name that no other name looks like: in quotes, as git does, if something in it is spelled out, or could be taken for that. */
export function quotedName(name: string): string {
  return ambiguous.test(name) ? `"${printable(name.replace(/["\\]/g, '\\$&'))}"` : name
}
