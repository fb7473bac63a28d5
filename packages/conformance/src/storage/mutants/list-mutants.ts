import type { BlobPage, BlobListOptions as ListOptions, StorageBackend } from 'nexusfs'
import { blobKeyPattern } from 'nexusfs/adapter-kit'
import { NexusError } from 'nexusfs/errors'
import { clients, type StorageMutant } from './wrong-backend.ts'

export const listMutants: readonly StorageMutant[] = [
  {
    id: 'an-empty-page-has-a-next',
    breaks: 'list-empty',
    description: 'a page without keys tells to go on',
    mutate: clients((port) => ({
      async list(options) {
        const page = await port.list(options)
        return page.blobs.length === 0 && options?.after !== undefined ? { ...page, next: options.after } : page
      },
    })),
  },
  {
    id: 'sorts-by-locale',
    breaks: 'list-order',
    description: 'a list without options comes in the order of a language',
    mutate: clients((port) => ({
      async list(options) {
        const page = await port.list(options)
        const isPlain = options?.limit === undefined && options?.after === undefined && !options?.prefix
        return isPlain ? { ...page, blobs: page.blobs.toSorted((a, b) => a.key.localeCompare(b.key, 'en')) } : page
      },
    })),
  },
  {
    id: 'sorts-by-segment',
    breaks: 'list-order',
    description: 'a list without options sorts keys segment by segment',
    mutate: clients((port) => ({
      async list(options) {
        const page = await port.list(options)
        const isPlain = options?.limit === undefined && options?.after === undefined && !options?.prefix
        const sortable = (key: string): string => key.replaceAll('/', '\u0000')
        return isPlain ? { ...page, blobs: page.blobs.toSorted((a, b) => (sortable(a.key) < sortable(b.key) ? -1 : 1)) } : page
      },
    })),
  },
  {
    id: 'lists-16-bits-of-sizes',
    breaks: 'list-sizes',
    description: 'listed sizes are cut to 16 bits',
    mutate: clients((port) => ({
      async list(options) {
        const page = await port.list(options)
        return { ...page, blobs: page.blobs.map(({ key, size }) => ({ key, size: size % 65_536 })) }
      },
    })),
  },
  {
    id: 'next-is-left-out',
    breaks: 'list-pages',
    description: 'next of a short page is the first key of the next, which after then leaves out',
    mutate: clients((port) => ({
      async list(options) {
        const page = await port.list(options)
        if (page.next === undefined || page.blobs.length >= 100) return page
        const following = await port.list({ ...options, after: page.next, limit: 1 })
        return { ...page, next: following.blobs[0]?.key }
      },
    })),
  },
  {
    id: 'pages-have-one-more',
    breaks: 'list-limit',
    description: 'a page has one key more than its limit',
    mutate: clients((port) => ({
      list: (options) => port.list(oneMore(options)),
    })),
  },
  {
    id: 'pages-of-a-hundred',
    breaks: 'list-limit-default',
    description: 'a page without a limit has a hundred keys',
    mutate: clients((port) => ({
      list: (options) => port.list({ limit: 100, ...definedOf(options) }),
    })),
  },
  {
    id: 'corrects-limits',
    breaks: 'list-limit-refused',
    description: 'a limit out of bounds is taken for the nearest within',
    mutate: clients((port) => ({
      list(options) {
        const limit = options?.limit
        return port.list(
          limit === undefined ? options : { ...options, limit: Math.min(1_000, Math.max(1, Math.trunc(limit) || 1)) },
        )
      },
    })),
  },
  {
    id: 'always-has-a-next',
    breaks: 'list-next',
    description: 'the last page has a next',
    mutate: clients((port) => ({
      async list(options) {
        const page = await port.list(options)
        return { ...page, next: page.blobs.at(-1)?.key }
      },
    })),
  },
  {
    id: 'prefixes-are-folders',
    breaks: 'list-prefix',
    description: 'a prefix only counts where a segment ends',
    mutate: clients((port) => ({
      async list(options) {
        const prefix = options?.prefix ?? ''
        const page = await port.list(options)
        const isFolder = (key: string): boolean =>
          prefix === '' || prefix.endsWith('/') || key === prefix || key.startsWith(`${prefix}/`)
        return { ...page, blobs: page.blobs.filter(({ key }) => isFolder(key)) }
      },
    })),
  },
  {
    id: 'prefixes-are-patterns',
    breaks: 'list-prefix-literal',
    description: 'a low line in a prefix stands for any character',
    mutate: clients((port) => ({
      async list(options) {
        const prefix = options?.prefix ?? ''
        if (!prefix.includes('_')) return port.list(options)
        const page = await port.list({ ...options, prefix: prefix.slice(0, prefix.indexOf('_')) })
        return {
          ...page,
          blobs: page.blobs.filter(({ key }) => [...prefix].every((sign, at) => sign === '_' || key[at] === sign)),
        }
      },
    })),
  },
  {
    id: 'after-must-be-a-key',
    breaks: 'list-after',
    description: 'an after that is not a key is refused',
    mutate: clients((port) => ({
      async list(options) {
        const after = options?.after
        if (after !== undefined && !blobKeyPattern.test(after)) throw new NexusError('InvalidArgument', `${after} is not a key`)
        return port.list(options)
      },
    })),
  },
  {
    id: 'after-must-have-the-prefix',
    breaks: 'list-after-prefix',
    description: 'an after that does not begin with the prefix is ignored',
    mutate: clients((port) => ({
      list(options) {
        const isKept = options?.after?.startsWith(options.prefix ?? '') ?? true
        return port.list(isKept ? options : { ...options, after: undefined })
      },
    })),
  },
  {
    id: 'pages-skip-the-deleted',
    breaks: 'list-while-deleting',
    description: 'a page skips as many keys as were deleted since the last',
    mutate: clients((port) => skipping(port)),
  },
  {
    id: 'pages-repeat-for-the-new',
    breaks: 'list-while-putting',
    description: 'a page repeats a key if keys were put since the last',
    mutate: clients((port) => repeating(port)),
  },
  {
    id: 'lists-from-a-cache',
    breaks: 'list-fresh',
    description: 'the same list comes again, whatever happened since',
    mutate: clients((port) => {
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
  },
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
