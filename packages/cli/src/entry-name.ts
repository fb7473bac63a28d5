import type { Entry, LinkEntry } from 'nexusfs'
import type { Colours } from './output.ts'
import { printable } from './printable.ts'

/** A name as people see it: a directory ends in a slash; colours only on a terminal. */
export function entryName(entry: Entry, colours: Colours, text: string = entry.name): string {
  const shown = printable(text)
  if (entry.kind === 'directory') return colours.blue(shown.endsWith('/') ? shown : `${shown}/`)
  return entry.kind === 'file' && entry.executable ? colours.green(shown) : shown
}

/** A link as people see it: where it leads, too. */
export function linkName(entry: LinkEntry, colours: Colours, text: string = entry.name): string {
  return `${entryName(entry, colours, text)} -> ${printable(entry.target)}`
}
