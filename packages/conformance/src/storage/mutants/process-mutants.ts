import { open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BlobPage, StorageBackend } from 'nexusfs'
import { isNexusError, NexusError } from 'nexusfs/errors'
import { type StorageMutant, sharedState } from './wrong-backend.ts'

/** What is remembered for 50 ms by all clients of a process, or until one of them changes something. */
class Memory<Value> {
  readonly #known = new Map<string, { readonly value: Value; readonly until: number }>()
  #changes = 0

  known(name: string): Value | undefined {
    const found = this.#known.get(name)
    return found !== undefined && performance.now() < found.until ? found.value : undefined
  }

  /** Not if something has changed since the look began. */
  async look(name: string, look: () => Promise<Value>): Promise<Value> {
    const changes = this.#changes
    const value = await look()
    if (changes === this.#changes) this.#known.set(name, { value, until: performance.now() + 50 })
    return value
  }

  /** The members that change something. */
  changing(port: StorageBackend): Pick<StorageBackend, 'put' | 'delete' | 'stage'> {
    const change = async <Result>(call: () => Promise<Result>): Promise<Result> => {
      this.#forget()
      return await call().finally(() => this.#forget())
    }
    return {
      put: (key, body, options) => change(() => port.put(key, body, options)),
      delete: (keys, options) => change(() => port.delete(keys, options)),
      async stage(body, options) {
        const staged = await port.stage?.(body, options)
        if (staged === undefined) throw new NexusError('Unsupported', 'stage')
        return { publish: (key, more) => change(() => staged.publish(key, more)), discard: () => staged.discard() }
      },
    }
  }

  #forget(): void {
    this.#changes += 1
    this.#known.clear()
  }
}

/** Right for all clients of one process, which have something in common, and wrong for those of two. */
export const mutants: readonly StorageMutant[] = [
  {
    id: 'remembers-absence-in-its-process',
    breaks: 'processes-see-puts',
    description: 'a blob that was not there is not looked for again for 50 ms, unless the process puts',
    mutate: sharedState(
      () => new Memory<boolean>(),
      (port, absent) => ({
        ...absent.changing(port),
        async get(key, options) {
          const isAbsent = absent.known(key) ?? (await absent.look(key, () => isMissing(port, key)))
          if (isAbsent && options === undefined) throw new NexusError('NotFound', `there is no blob ${key}`)
          return await port.get(key, options)
        },
      }),
    ),
  },
  {
    id: 'remembers-blobs-in-its-process',
    breaks: 'processes-see-deletes',
    description: 'a blob that was read is kept for 50 ms, unless the process deletes',
    mutate: sharedState(
      () => new Memory<Uint8Array<ArrayBuffer>>(),
      (port, blobs) => ({
        ...blobs.changing(port),
        async get(key, options) {
          if (options !== undefined) return await port.get(key, options)
          const blob = blobs.known(key) ?? (await blobs.look(key, () => port.get(key)))
          return blob.slice()
        },
      }),
    ),
  },
  {
    id: 'lists-from-a-cache-of-its-process',
    breaks: 'processes-see-list',
    description: 'a page of a list is kept for 50 ms, unless the process changes something',
    mutate: sharedState(
      () => new Memory<BlobPage>(),
      (port, pages) => ({
        ...pages.changing(port),
        async list(options) {
          const name = JSON.stringify(options)
          return options?.signal === undefined
            ? (pages.known(name) ?? (await pages.look(name, () => port.list(options))))
            : port.list(options)
        },
      }),
    ),
  },
  {
    id: 'numbers-drafts-in-its-process',
    breaks: 'processes-put-at-once',
    description: 'pieces of about 10 kB are collected in a draft whose name is a number, counted by each process',
    mutate: sharedState(
      () => ({ drafts: 0 }),
      (port, counter) => ({
        async put(key, body, options) {
          const isMiddling = options.size >= 9_000 && options.size <= 10_000
          if (body instanceof Uint8Array || !isMiddling) return await port.put(key, body, options)
          counter.drafts += 1
          await throughDraft(port, key, body, options.size, counter.drafts)
        },
      }),
    ),
  },
].map((mutant) => ({ ...mutant, table: import.meta.url }))

async function throughDraft(
  port: StorageBackend,
  key: string,
  body: AsyncIterable<Uint8Array>,
  size: number,
  number: number,
): Promise<void> {
  // The namespace names the draft, not the process.
  const file = join(tmpdir(), `nexus-draft-${port.info.location.replaceAll(/\W+/g, '-')}-${number}`)
  const draft = await open(file, 'w+')
  try {
    let at = 0
    for await (const piece of body) at += (await draft.write(piece, 0, piece.length, at)).bytesWritten
    // Long enough for the other process to come, also where they do not begin at quite the same moment.
    await sleep(15)
    await port.put(key, new Uint8Array(await readFile(file)).slice(0, at), { size })
  } finally {
    await draft.close()
    await rm(file, { force: true })
  }
}

async function isMissing(port: StorageBackend, key: string): Promise<boolean> {
  try {
    await port.get(key)
    return false
  } catch (error) {
    return isNexusError(error, 'NotFound')
  }
}
