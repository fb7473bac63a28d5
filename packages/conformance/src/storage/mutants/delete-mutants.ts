import { blobKeyPattern } from 'nexusfs/adapter-kit'
import { NexusError } from 'nexusfs/errors'
import { clients, hasBlob, type StorageMutant } from './wrong-backend.ts'

export const deleteMutants: readonly StorageMutant[] = [
  {
    id: 'deletes-the-first',
    breaks: 'delete-removes',
    description: 'of several keys only the first is deleted',
    mutate: clients((port) => ({
      async delete(keys, options) {
        const areKeys = keys.every((key) => blobKeyPattern.test(key))
        await port.delete(areKeys ? keys.slice(0, 1) : keys, options)
      },
    })),
  },
  {
    id: 'lists-the-deleted',
    breaks: 'delete-removes',
    description: 'a key that was deleted stays in lists without a limit',
    mutate: clients((port) => {
      const deleted = new Set<string>()
      return {
        async delete(keys, options) {
          const stats = keys.length < 10 ? await port.stat(keys, options) : []
          await port.delete(keys, options)
          for (const [at, key] of keys.entries()) if (stats[at] !== undefined) deleted.add(key)
        },
        async list(options) {
          const page = await port.list(options)
          const gone = options?.limit === undefined ? [...deleted] : []
          return { ...page, blobs: [...page.blobs, ...gone.map((key) => ({ key, size: 0 }))] }
        },
      }
    }),
  },
  {
    id: 'delete-misses-the-absent',
    breaks: 'delete-absent',
    description: 'delete of one key that is absent is NotFound',
    mutate: clients((port) => ({
      async delete(keys, options) {
        const [only = ''] = keys
        const isMissing = keys.length === 1 && blobKeyPattern.test(only) && !(await hasBlob(port, only))
        await port.delete(keys, options)
        if (isMissing) throw new NexusError('NotFound', `there is no blob ${only}`)
      },
    })),
  },
  {
    id: 'deletes-each-once',
    breaks: 'delete-repeated',
    description: 'a key that stands twice in one delete is refused',
    mutate: clients((port) => ({
      async delete(keys, options) {
        if (new Set(keys).size < keys.length) throw new NexusError('InvalidArgument', 'a key stands twice')
        await port.delete(keys, options)
      },
    })),
  },
  {
    id: 'deletes-everything',
    breaks: 'delete-none',
    description: 'delete of no keys deletes all',
    mutate: clients((port) => ({
      async delete(keys, options) {
        const all = keys.length === 0 ? (await port.list(options)).blobs.map(({ key }) => key) : keys
        await port.delete(all, options)
      },
    })),
  },
  {
    id: 'deletes-a-thousand',
    breaks: 'delete-many',
    description: 'keys after the thousandth are not deleted',
    mutate: clients((port) => ({
      delete: (keys, options) => port.delete(keys.slice(0, 1_000), options),
    })),
  },
  {
    id: 'deletes-by-prefix',
    breaks: 'delete-alone',
    description: 'delete takes what begins with its keys along',
    mutate: clients((port) => ({
      async delete(keys, options) {
        await port.delete(keys, options)
        for (const prefix of keys) {
          const { blobs } = await port.list({ prefix })
          await port.delete(blobs.map(({ key }) => key))
        }
      },
    })),
  },
  {
    id: 'buries-keys',
    breaks: 'delete-then-put',
    description: 'a deleted key stays deleted, whatever is put',
    mutate: clients((port) => {
      const graves = new Set<string>()
      return {
        async delete(keys, options) {
          await port.delete(keys, options)
          for (const key of keys) graves.add(key)
        },
        async put(key, body, options) {
          await port.put(key, body, options)
          if (graves.has(key)) await port.delete([key])
        },
      }
    }),
  },
]
