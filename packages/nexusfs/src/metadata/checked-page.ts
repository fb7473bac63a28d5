import { compareBytes } from '../core/bytes.ts'
import { NexusError } from '../core/errors.ts'
import type { Scan, ScanPage } from './metadata-store.ts'

/**
 * A page that was scanned, if it is one that a store may give: no longer than asked, its items in order and within the bounds, and not
 * empty where it says that more follow. A page is one snapshot, so that anything else is a fault of the store, at which a listing would
 * end early, repeat itself or never end. An entry that is left out in the middle cannot be seen here: nothing counts them.
 *
 * @throws {NexusError} Corrupt
 */
export function checkedPage(page: ScanPage, scan: Pick<Scan, 'from' | 'to' | 'limit' | 'reverse'>): ScanPage {
  const { entries, hasMore } = page
  if (hasMore && entries.length === 0) throw wrongPage('it holds nothing, and says that more follow')
  if (entries.length > scan.limit)
    throw wrongPage(`it holds ${entries.length} entries, where at most ${scan.limit} were asked for`)
  for (let index = 1; index < entries.length; index++) {
    const order = compareBytes(itemAt(page, index - 1), itemAt(page, index))
    if (scan.reverse === true ? order <= 0 : order >= 0) throw wrongPage(`its entry ${index} is out of order`)
  }
  if (entries.length > 0) checkBounds(page, scan)
  return page
}

function checkBounds(page: ScanPage, { from, to, reverse = false }: Pick<Scan, 'from' | 'to' | 'reverse'>): void {
  const ends = [itemAt(page, 0), itemAt(page, page.entries.length - 1)]
  const [lowest, highest] = reverse ? ends.reverse() : ends
  if (from !== undefined && lowest !== undefined && compareBytes(lowest, from) < 0) throw wrongPage('it begins before its range')
  if (to !== undefined && highest !== undefined && compareBytes(highest, to) >= 0) throw wrongPage('it goes on behind its range')
}

function itemAt({ entries }: ScanPage, index: number): Uint8Array {
  return entries[index]?.key.item ?? new Uint8Array()
}

function wrongPage(what: string): NexusError {
  return new NexusError('Corrupt', `the metadata store gave a wrong page: ${what}`, {
    advice: `check the store with \`nexus conformance\``,
    operation: 'metadata.read',
  })
}
