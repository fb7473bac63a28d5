import Table from 'cli-table3'
import type { Colors } from './colors.ts'

/** A table of aligned columns without any lines. */
export function plainTable(
  head: readonly string[],
  colAligns: readonly Table.HorizontalAlignment[],
  colors: Colors,
): Table.Table {
  return new Table({ ...withoutLines, head: head.map((name) => colors.dim(name)), colAligns: [...colAligns] })
}

/** Aligned columns without a head. */
export function alignedLines(rows: readonly (readonly string[])[]): readonly string[] {
  const table = new Table(withoutLines)
  table.push(...rows.map((row) => [...row]))
  return linesOf(table)
}

/** The lines of a table, without blanks at their ends. */
export function linesOf(table: Table.Table): readonly string[] {
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
}

const withoutLines: Table.TableConstructorOptions = {
  chars: {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  },
  style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
}
