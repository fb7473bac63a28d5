import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { binaryText, uint64, utf8 } from '../../core/bytes.ts'
import { toRevision } from '../../core/revision.ts'
import { type Cell, SortedCells, type TextRange } from './sorted-cells.ts'

const everything: TextRange = { from: undefined, to: undefined }

describe('SortedCells', () => {
  it('gives the cells of a range in order from either end, whatever the order of inserts and removals', () => {
    const random = seeded(7)
    const cells = new SortedCells()
    const expected = new Set<string>()
    for (let step = 0; step < 6000; step++) {
      const text = binaryText(uint64(Math.floor(random() * 3000)))
      if (expected.delete(text)) cells.remove(text)
      else {
        expected.add(text)
        cells.insert(cellOf(text))
      }
    }
    const sorted = [...expected].sort()
    const range = { from: sorted[100], to: sorted[1200] }
    assert.deepEqual(textsOf(cells.lowest(everything, 5000)), sorted)
    assert.deepEqual(textsOf(cells.highest(everything, 5000)), sorted.toReversed())
    assert.deepEqual(textsOf(cells.lowest(range, 700)), sorted.slice(100, 800))
    assert.deepEqual(textsOf(cells.highest(range, 700)), sorted.slice(500, 1200).reverse())
  })

  it('gives nothing of a range whose end is not above its start', () => {
    const cells = new SortedCells()
    for (const text of ['a', 'b', 'c']) cells.insert(cellOf(text))
    for (const range of [
      { from: 'b', to: 'b' },
      { from: 'c', to: 'a' },
      { from: 'd', to: undefined },
    ]) {
      assert.deepEqual(cells.lowest(range, 9), [])
      assert.deepEqual(cells.highest(range, 9), [])
    }
  })

  it('is empty again once every cell is removed', () => {
    const cells = new SortedCells()
    for (let index = 0; index < 2000; index++) cells.insert(cellOf(binaryText(uint64(index))))
    for (let index = 0; index < 2000; index++) cells.remove(binaryText(uint64(index)))
    assert.equal(cells.isEmpty, true)
    assert.deepEqual(cells.lowest(everything, 1), [])
  })
})

function cellOf(text: string): Cell {
  const key = { group: utf8('g'), item: new Uint8Array() }
  return { text, entry: { key, value: new Uint8Array(), revision: toRevision(1) } }
}

function textsOf(cells: readonly Cell[]): readonly string[] {
  return cells.map((cell) => cell.text)
}

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
