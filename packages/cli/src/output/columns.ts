export type Alignment = 'left' | 'right'

/** Rows with cells padded to the widest of their column; behind the last cell of a row there are no blanks. */
export function alignColumns(rows: readonly (readonly string[])[], alignments: readonly Alignment[]): readonly string[] {
  const widths = alignments.map((_, column) => Math.max(0, ...rows.map((row) => widthOf(row[column] ?? ''))))
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const padding = ' '.repeat((widths[column] ?? 0) - widthOf(cell))
        if (alignments[column] === 'right') return padding + cell
        return column === row.length - 1 ? cell : cell + padding
      })
      .join('  '),
  )
}

/** Characters, not UTF-16 units, and without colours. */
function widthOf(text: string): number {
  let width = 0
  for (const _ of text.includes('\u001b') ? text.replace(colours, '') : text) width += 1
  return width
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one.
const colours = /\u001b\[[\d;]*m/g
