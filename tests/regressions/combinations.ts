import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryBackend, MemoryStore, NexusFS, openNexus } from 'nexusfs'

/** A store that can be opened several times, as several processes would, and is gone at the end of the scope. */
export interface SharedStore extends AsyncDisposable {
  open(): Promise<NexusFS>
}

let stores = 0

async function memoryMemory(): Promise<SharedStore> {
  const name = `regression-${stores++}`
  return sharedStore(
    async () =>
      NexusFS.open({ storage: await MemoryBackend.open({ name }), metadata: await MemoryStore.open({ name }), author: 'ann' }),
    async () => {
      MemoryBackend.drop(name)
      MemoryStore.drop(name)
    },
  )
}

async function localSqlite(): Promise<SharedStore> {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-regression-'))
  return sharedStore(
    () => openNexus(folder, { durability: 'os', author: 'ann' }),
    () => rm(folder, { recursive: true, force: true }),
  )
}

/** The combinations that need no server. */
export const combinations: Readonly<Record<string, () => Promise<SharedStore>>> = {
  'memory-memory': memoryMemory,
  'local-sqlite': localSqlite,
}

function sharedStore(open: () => Promise<NexusFS>, drop: () => Promise<void>): SharedStore {
  const opened: NexusFS[] = []
  return {
    open: async () => {
      const fs = await open()
      opened.push(fs)
      return fs
    },
    [Symbol.asyncDispose]: async () => {
      for (const fs of opened) await fs.close()
      await drop()
    },
  }
}

/** Everything that an asynchronous iterable gives. */
export async function all<T>(items: AsyncIterable<T> | Iterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

/** Runs the work once for each number from 0, all at the same time. */
export function together<T>(times: number, work: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: times }, (_, index) => work(index)))
}
