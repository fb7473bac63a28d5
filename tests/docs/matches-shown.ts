/**
 * True if what was printed is what the document shows. In what is shown, `...` stands for any text within a line, and a line that is
 * only `...` for any lines; space at the ends of lines does not count.
 */
export function matchesShown(printed: string, shown: string): boolean {
  const lines = (text: string): string =>
    text
      .trim()
      .split('\n')
      .map((line) => line.trim().replace(/\s+/g, ' '))
      .join('\n')
  const pattern = lines(shown)
    .split('\n')
    .map((line) => (line === '...' ? '[\\s\\S]*?' : line.split('...').map(escaped).join('.*')))
    .join('\n')
  return new RegExp(`^${pattern}$`).test(lines(printed))
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
