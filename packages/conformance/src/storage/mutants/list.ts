import type { BlobPage, BlobListOptions as ListOptions, StorageBackend } from 'nexusfs'
import { blobKeyPattern } from 'nexusfs/adapter-kit'
import { NexusError } from 'nexusfs/errors'
import { mutant, type StorageMutant } from './mutant.ts'

export const listMutants: readonly StorageMutant[] = [
  mutant('an-empty-page-has-a-next', 'list-empty', 'a page without keys tells to go on', (port) => ({
    async list(options) {
      const page = await port.list(options)
      return page.blobs.length === 0 && options?.after !== undefined ? { ...page, next: options.after } : page
    },
  })),
  mutant('sorts-by-locale', 'list-order', 'a list without options comes in the order of a language', (port) => ({
    async list(options) {
      const page = await port.list(options)
      const isPlain = options?.limit === undefined && options?.after === undefined && !options?.prefix
      return isPlain ? { ...page, blobs: page.blobs.toSorted((a, b) => a.key.localeCompare(b.key, 'en')) } : page
    },
  })),
  mutant('sorts-by-segment', 'list-order', 'a list without options sorts keys segment by segment', (port) => ({
    async list(options) {
      const page = await port.list(options)
      const isPlain = options?.limit === undefined && options?.after === undefined && !options?.prefix
      const sortable = (key: string): string => key.replaceAll('/', '\u0000')
      return isPlain ? { ...page, blobs: page.blobs.toSorted((a, b) => (sortable(a.key) < sortable(b.key) ? -1 : 1)) } : page
    },
  })),
  mutant('lists-16-bits-of-sizes', 'list-sizes', 'listed sizes are cut to 16 bits', (port) => ({
    async list(options) {
      const page = await port.list(options)
      return { ...page, blobs: page.blobs.map(({ key, size }) => ({ key, size: size % 65_536 })) }
    },
  })),
  mutant(
    'next-is-left-out',
    'list-pages',
    'next of a short page is the first key of the next, which after then leaves out',
    (port) => ({
      async list(options) {
        const page = await port.list(options)
        if (page.next === undefined || page.blobs.length >= 100) return page
        const following = await port.list({ ...options, after: page.next, limit: 1 })
        return { ...page, next: following.blobs[0]?.key }
      },
    }),
  ),
  mutant('pages-have-one-more', 'list-limit', 'a page has one key more than its limit', (port) => ({
    list: (options) => port.list(oneMore(options)),
  })),
  mutant('pages-of-a-hundred', 'list-limit-default', 'a page without a limit has a hundred keys', (port) => ({
    list: (options) => port.list({ limit: 100, ...definedOf(options) }),
  })),
  mutant('corrects-limits', 'list-limit-refused', 'a limit out of bounds is taken for the nearest within', (port) => ({
    list(options) {
      const limit = options?.limit
      return port.list(
        limit === undefined ? options : { ...options, limit: Math.min(1_000, Math.max(1, Math.trunc(limit) || 1)) },
      )
    },
  })),
  mutant('always-has-a-next', 'list-next', 'the last page has a next', (port) => ({
    async list(options) {
      const page = await port.list(options)
      return { ...page, next: page.blobs.at(-1)?.key }
    },
  })),
  mutant('prefixes-are-folders', 'list-prefix', 'a prefix only counts where a segment ends', (port) => ({
    async list(options) {
      const prefix = options?.prefix ?? ''
      const page = await port.list(options)
      const isFolder = (key: string): boolean =>
        prefix === '' || prefix.endsWith('/') || key === prefix || key.startsWith(`${prefix}/`)
      return { ...page, blobs: page.blobs.filter(({ key }) => isFolder(key)) }
    },
  })),
  mutant('prefixes-are-patterns', 'list-prefix-literal', 'a low line in a prefix stands for any character', (port) => ({
    async list(options) {
      const prefix = options?.prefix ?? ''
      if (!prefix.includes('_')) return port.list(options)
      const page = await port.list({ ...options, prefix: prefix.slice(0, prefix.indexOf('_')) })
      return { ...page, blobs: page.blobs.filter(({ key }) => [...prefix].every((sign, at) => sign === '_' || key[at] === sign)) }
    },
  })),
  mutant('after-must-be-a-key', 'list-after', 'an after that is no key is refused', (port) => ({
    async list(options) {
      const after = options?.after
      if (after !== undefined && !blobKeyPattern.test(after)) throw new NexusError('InvalidArgument', `${after} is no key`)
      return port.list(options)
    },
  })),
  mutant(
    'after-must-have-the-prefix',
    'list-after-prefix',
    'an after that does not begin with the prefix is ignored',
    (port) => ({
      list(options) {
        const isKept = options?.after?.startsWith(options.prefix ?? '') ?? true
        return port.list(isKept ? options : { ...options, after: undefined })
      },
    }),
  ),
  mutant('pages-skip-the-deleted', 'list-while-deleting', 'a page skips as many keys as were deleted since the last', (port) =>
    skipping(port),
  ),
  mutant('pages-repeat-for-the-new', 'list-while-putting', 'a page repeats a key if keys were put since the last', (port) =>
    repeating(port),
  ),
  mutant('lists-from-a-cache', 'list-fresh', 'the same list comes again, whatever happened since', (port) => {
    const cache = new Map<string, BlobPage>()
    return {
      async list(options) {
        const name = JSON.stringify(options)
        const page = cache.get(name) ?? (await port.list(options))
        cache.set(name, page)
        return page
      },
    }
  }),
]

function oneMore(options: ListOptions | undefined): ListOptions | undefined {
  const limit = options?.limit
  const canGrow = limit !== undefined && Number.isInteger(limit) && limit > 0 && limit < 1_000
  return canGrow ? { ...options, limit: limit + 1 } : options
}

/** Without the fields that are undefined, which would stand for themselves in a spread. */
function definedOf(options: ListOptions | undefined): ListOptions {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined))
}

function skipping(port: StorageBackend): Partial<StorageBackend> {
  let deleted = 0
  return {
    async delete(keys, options) {
      await port.delete(keys, options)
      deleted += keys.length
    },
    async list(options) {
      const skip = options?.after === undefined ? 0 : deleted
      deleted = 0
      const page = await port.list({ ...options, limit: (options?.limit ?? 100) + skip })
      return { ...page, blobs: page.blobs.slice(skip) }
    },
  }
}

function repeating(port: StorageBackend): Partial<StorageBackend> {
  let hasNew = false
  let last: BlobPage | undefined
  return {
    async put(key, body, options) {
      await port.put(key, body, options)
      hasNew = true
    },
    async list(options) {
      const page = await port.list(options)
      const again = hasNew && options?.after !== undefined ? (last?.blobs.slice(-1) ?? []) : []
      hasNew = false
      last = page
      return { ...page, blobs: [...again, ...page.blobs] }
    },
  }
}
