import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { utf8 } from '../core/bytes.ts'
import { toRevision } from '../core/revision.ts'
import { checkedPage } from './checked-page.ts'
import type { ScanPage } from './metadata-store.ts'

function pageOf(items: string, hasMore = false): ScanPage {
  const entries = [...items].map((item) => ({
    key: { group: utf8('g'), item: utf8(item) },
    value: new Uint8Array(),
    revision: toRevision(1),
  }))
  return { entries, hasMore }
}

describe('checkedPage', () => {
  it('gives a page that is right as it is', () => {
    for (const [page, scan] of [
      [pageOf(''), { limit: 1 }],
      [pageOf('bcd', true), { from: utf8('b'), to: utf8('e'), limit: 3 }],
      [pageOf('dcb', true), { from: utf8('b'), to: utf8('e'), limit: 3, reverse: true }],
    ] as const) {
      assert.equal(checkedPage(page, scan), page)
    }
  })

  it('refuses what no store may give, with what is wrong', () => {
    for (const [page, scan, what] of [
      [pageOf('', true), { limit: 1 }, /holds nothing, and says that more follow/],
      [pageOf('abc'), { limit: 2 }, /holds 3 entries, where at most 2/],
      [pageOf('acb'), { limit: 9 }, /entry 2 is out of order/],
      [pageOf('aab'), { limit: 9 }, /entry 1 is out of order/],
      [pageOf('ab'), { limit: 9, reverse: true }, /entry 1 is out of order/],
      [pageOf('ab'), { limit: 9, from: utf8('b') }, /begins before its range/],
      [pageOf('ba'), { limit: 9, from: utf8('b'), reverse: true }, /begins before its range/],
      [pageOf('ab'), { limit: 9, to: utf8('b') }, /goes on behind its range/],
    ] as const) {
      assert.throws(() => checkedPage(page, scan), { code: 'Corrupt', message: what })
    }
  })
})
