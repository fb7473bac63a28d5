import type { Entry } from 'nexusfs'
import type { Colours } from './output.ts'
import { printable } from './printable.ts'

/** A name as people see it: a directory ends in a slash; colours only on a terminal. */
export function entryName(entry: Entry, colours: Colours, text: string = entry.name): string {
  const shown = printable(text)
  if (entry.kind === 'directory') return colours.blue(shown.endsWith('/') ? shown : `${shown}/`)
  return entry.executable ? colours.green(shown) : shown
}
