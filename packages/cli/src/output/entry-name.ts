import type { Entry, LinkEntry } from 'nexusfs'
import type { Colours } from './output.ts'
import { quotedName } from './printable.ts'

/** A name as people see it: a directory ends in a slash; quoted if it could be misread; colours only on a terminal. */
export function entryName(entry: Entry, colours: Colours, text: string = entry.name): string {
  const shown = quotedName(text)
  if (entry.kind === 'directory') return colours.blue(shown.endsWith('/') ? shown : `${shown}/`)
  return entry.kind === 'file' && entry.executable ? colours.green(shown) : shown
}

/** A link as people see it: where it leads, too. */
export function linkName(entry: LinkEntry, colours: Colours, text: string = entry.name): string {
  return `${entryName(entry, colours, text)} -> ${quotedName(entry.target)}`
}
