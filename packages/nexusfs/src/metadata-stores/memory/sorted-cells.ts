import type { MetadataEntry } from '../../metadata/metadata-store.ts'

/** The data of one item. An overwrite changes its entry and leaves the order alone. */
export interface Cell {
  /** The item as a string whose order is its byte order. */
  readonly text: string
  entry: MetadataEntry
}

/** Items from `from` (inclusive) to `to` (exclusive); an absent bound is open. */
export interface TextRange {
  readonly from: string | undefined
  readonly to: string | undefined
}

interface Position {
  readonly block: number
  readonly index: number
}

/** A block that grows beyond this many cells is split, so that an insert moves a bounded number of cells. */
const blockCells = 512

/** The cells of one group in order, in blocks: an insert costs two binary searches and a short move, whatever the size. */
export class SortedCells {
  readonly #blocks: Cell[][] = []

  get isEmpty(): boolean {
    return this.#blocks.length === 0
  }

  /** The cell's text is not there yet. */
  insert(cell: Cell): void {
    const last = this.#blocks.at(-1)
    if (last === undefined || isAbove(cell.text, last)) this.#append(cell, last)
    else this.#insertWithin(cell)
  }

  /** The text is there. */
  remove(text: string): void {
    const { block, index } = this.#lowerBound(text)
    const cells = this.#blocks[block]
    if (cells === undefined || cells[index]?.text !== text) return
    cells.splice(index, 1)
    if (cells.length === 0) this.#blocks.splice(block, 1)
  }

  /** At most `limit` cells of the range: the lowest, in rising order. */
  lowest(range: TextRange, limit: number): Cell[] {
    const end = this.#endOf(range)
    const found: Cell[] = []
    let { block, index } = this.#startOf(range)
    for (; block <= end.block && found.length < limit; block++) {
      const cells = this.#blocks[block] ?? []
      const stop = block === end.block ? end.index : cells.length
      for (; index < stop && found.length < limit; index++) found.push(cellAt(cells, index))
      index = 0
    }
    return found
  }

  /** At most `limit` cells of the range: the highest, in falling order. */
  highest(range: TextRange, limit: number): Cell[] {
    const start = this.#startOf(range)
    const found: Cell[] = []
    let { block, index } = this.#endOf(range)
    for (; block >= start.block && found.length < limit; block--) {
      const cells = this.#blocks[block] ?? []
      const stop = block === start.block ? start.index : 0
      for (index = Math.min(index, cells.length) - 1; index >= stop && found.length < limit; index--) {
        found.push(cellAt(cells, index))
      }
      index = Number.POSITIVE_INFINITY
    }
    return found
  }

  /** Keys that rise, as those of a log do, fill whole blocks. */
  #append(cell: Cell, last: Cell[] | undefined): void {
    if (last === undefined || last.length >= blockCells) this.#blocks.push([cell])
    else last.push(cell)
  }

  #insertWithin(cell: Cell): void {
    const { block, index } = this.#lowerBound(cell.text)
    const cells = this.#blocks[block]
    if (cells === undefined) return
    cells.splice(index, 0, cell)
    if (cells.length > blockCells) this.#blocks.splice(block + 1, 0, cells.splice(blockCells / 2))
  }

  #startOf(range: TextRange): Position {
    return range.from === undefined ? { block: 0, index: 0 } : this.#lowerBound(range.from)
  }

  #endOf(range: TextRange): Position {
    return range.to === undefined ? { block: this.#blocks.length, index: 0 } : this.#lowerBound(range.to)
  }

  /** Where the first cell stands whose text is not below `text`; one behind the last block if there is none. */
  #lowerBound(text: string): Position {
    const blocks = this.#blocks
    const block = firstIndex(blocks.length, (at) => !isAbove(text, blocks[at] ?? []))
    const cells = blocks[block] ?? []
    return { block, index: firstIndex(cells.length, (at) => cellAt(cells, at).text >= text) }
  }
}

/** True if the text is above every cell of the block. */
function isAbove(text: string, block: readonly Cell[]): boolean {
  const last = block[block.length - 1]
  return last === undefined || last.text < text
}

function cellAt(cells: readonly Cell[], index: number): Cell {
  const cell = cells[index]
  if (cell === undefined) throw new RangeError(`no cell at ${index}`)
  return cell
}

/** The first index for which the claim is true, `size` if none; the claim is false up to some index, then true. */
function firstIndex(size: number, isReached: (index: number) => boolean): number {
  let low = 0
  let high = size
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isReached(middle)) high = middle
    else low = middle + 1
  }
  return low
}
