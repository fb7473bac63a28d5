// Guards: fs/operations/stat.ts, fs/operations/walk.ts, metadata/checked-page.ts

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { replacing } from '@nexusfs/conformance'
import { describe, it } from 'vitest'
import type { MetadataStore, Scan, ScanPage } from '../metadata/metadata-store.ts'
import { MemoryStore } from '../metadata-stores/memory/memory-store.ts'
import { MemoryBackend } from '../storage-backends/memory/memory-backend.ts'
import { NexusFS } from './nexus-fs.ts'

/** Stores whose pages of directories are wrong, by what is wrong with them. */
const wrongPages: Readonly<Record<string, (page: ScanPage, scan: Scan) => ScanPage>> = {
  'end early and say that more follow': (page, { from }) => (from === undefined ? page : { entries: [], hasMore: true }),
  'repeat an entry': (page) => ({ ...page, entries: [...page.entries.slice(0, 1), ...page.entries] }),
  'swap two entries': (page) => ({ ...page, entries: [...page.entries.slice(0, -2), ...page.entries.slice(-2).reverse()] }),
  'begin anew': (page, { from }) => (from === undefined ? page : { ...page, entries: page.entries.toReversed() }),
}

describe('a store whose pages', () => {
  for (const [fault, change] of Object.entries(wrongPages)) {
    it(`${fault} is found by list, walk and exportTree, which do not report success`, async () => {
      let isWrong = false
      const metadata = wrongBy(await MemoryStore.open(), (page, scan) => (isWrong ? change(page, scan) : page))
      await using nexus = await NexusFS.open({ storage: await MemoryBackend.open(), metadata, author: 'test' })
      await nexus.writeBatch(Array.from({ length: 30 }, (_, at) => ({ path: `/many/${at}`, content: `${at}` })))
      isWrong = true
      const folder = await mkdtemp(join(tmpdir(), 'nexus-wrong-pages-'))
      try {
        await assert.rejects(Array.fromAsync(nexus.list('/many', { pageSize: 10 })), { code: 'Corrupt' })
        await assert.rejects(Array.fromAsync(nexus.walk('/many', { pageSize: 10 })), { code: 'Corrupt' })
        if (fault.startsWith('end') || fault.startsWith('begin')) return // its pages hold 1,000 entries: there is no second one
        await assert.rejects(nexus.exportTree('/many', join(folder, 'out')), { code: 'Corrupt' })
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
  }
})

/** Changes the pages of scans that ask for more than a look-up does. */
function wrongBy(store: MetadataStore, change: (page: ScanPage, scan: Scan) => ScanPage): MetadataStore {
  return replacing(store, {
    read: async (request, options) => {
      const reply = await store.read(request, options)
      const scan = reply.scan.map((page, index) => {
        const asked = request.scan?.[index]
        return asked !== undefined && page.entries.length > 2 ? change(page, asked) : page
      })
      return { ...reply, scan }
    },
  })
}
