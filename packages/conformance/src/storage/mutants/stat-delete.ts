import { blobKeyPattern } from 'nexusfs/adapter-kit'
import { NexusError } from 'nexusfs/errors'
import { hasBlob, mutant, type StorageMutant } from './mutant.ts'

export const statMutants: readonly StorageMutant[] = [
  mutant('stat-leaves-out-the-absent', 'stat-order', 'stat of several keys answers only for blobs that are there', (port) => ({
    async stat(keys, options) {
      const stats = await port.stat(keys, options)
      return keys.length === 1 ? stats : stats.filter((stat) => stat !== undefined)
    },
  })),
  mutant('stat-answers-once', 'stat-order', 'stat answers once for a key that is asked twice', (port) => ({
    stat: (keys, options) => port.stat([...new Set(keys)], options),
  })),
  mutant('stat-needs-a-key', 'stat-none', 'stat of no keys is refused', (port) => ({
    async stat(keys, options) {
      if (keys.length === 0) throw new NexusError('InvalidArgument', 'stat of no keys')
      return port.stat(keys, options)
    },
  })),
  mutant('stat-tires', 'stat-many', 'stat answers for at most 500 keys', (port) => ({
    stat: (keys, options) => port.stat(keys.slice(0, 500), options),
  })),
]

export const deleteMutants: readonly StorageMutant[] = [
  mutant('deletes-the-first', 'delete-removes', 'of several keys only the first is deleted', (port) => ({
    async delete(keys, options) {
      const areKeys = keys.every((key) => blobKeyPattern.test(key))
      await port.delete(areKeys ? keys.slice(0, 1) : keys, options)
    },
  })),
  mutant('lists-the-deleted', 'delete-removes', 'a key that was deleted stays in lists without a limit', (port) => {
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
  mutant('delete-misses-the-absent', 'delete-absent', 'delete of one key that is absent is NotFound', (port) => ({
    async delete(keys, options) {
      const [only = ''] = keys
      const isMissing = keys.length === 1 && blobKeyPattern.test(only) && !(await hasBlob(port, only))
      await port.delete(keys, options)
      if (isMissing) throw new NexusError('NotFound', `there is no blob ${only}`)
    },
  })),
  mutant('deletes-each-once', 'delete-repeated', 'a key that stands twice in one delete is refused', (port) => ({
    async delete(keys, options) {
      if (new Set(keys).size < keys.length) throw new NexusError('InvalidArgument', 'a key stands twice')
      await port.delete(keys, options)
    },
  })),
  mutant('deletes-everything', 'delete-none', 'delete of no keys deletes all', (port) => ({
    async delete(keys, options) {
      const all = keys.length === 0 ? (await port.list(options)).blobs.map(({ key }) => key) : keys
      await port.delete(all, options)
    },
  })),
  mutant('deletes-a-thousand', 'delete-many', 'keys after the thousandth are not deleted', (port) => ({
    delete: (keys, options) => port.delete(keys.slice(0, 1_000), options),
  })),
  mutant('deletes-by-prefix', 'delete-alone', 'delete takes what begins with its keys along', (port) => ({
    async delete(keys, options) {
      await port.delete(keys, options)
      for (const prefix of keys) {
        const { blobs } = await port.list({ prefix })
        await port.delete(blobs.map(({ key }) => key))
      }
    },
  })),
  mutant('buries-keys', 'delete-then-put', 'a deleted key stays deleted, whatever is put', (port) => {
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
]
