export type Alignment = 'left' | 'right'

/** Rows with cells padded to the widest of their column; the last cell of a row is left as it is. */
export function alignColumns(rows: readonly (readonly string[])[], alignments: readonly Alignment[]): readonly string[] {
  const widths = alignments.map((_, column) => Math.max(0, ...rows.map((row) => widthOf(row[column] ?? ''))))
  return rows.map((row) =>
    row
      .map((cell, column) => {
        if (column === row.length - 1) return cell
        const padding = ' '.repeat((widths[column] ?? 0) - widthOf(cell))
        return alignments[column] === 'right' ? padding + cell : cell + padding
      })
      .join('  '),
  )
}

/** Characters, not UTF-16 units. */
function widthOf(text: string): number {
  let width = 0
  for (const _ of text) width += 1
  return width
}
