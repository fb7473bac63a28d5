import { constants } from 'node:fs'
import { Permits } from '../../engine-kit/permits.ts'
import type { FileCalls } from './file-calls.ts'

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants
/** Folders open at once. */
const openFolders = 16

/**
 * Makes the names in a folder durable. Calls for one folder share an fsync: a call that comes while one runs waits for the next, since
 * the running one may have passed by the caller's name already.
 */
export class FolderSync {
  readonly #calls: FileCalls
  readonly #permits = new Permits(openFolders)
  readonly #running = new Map<string, Promise<void>>()
  readonly #next = new Map<string, Promise<void>>()

  constructor(calls: FileCalls) {
    this.#calls = calls
  }

  /**
   * Resolves once every name that was in the folder at the call is durable. Rejects if its fsync fails, and also if the one
   * before fails: that one may have dropped the caller's change from the cache, so that a later success proves nothing.
   */
  sync(folder: string): Promise<void> {
    const joined = this.#next.get(folder)
    if (joined !== undefined) return joined
    const running = this.#running.get(folder)
    if (running === undefined) return this.#start(folder)
    const next = running.then(() => {
      this.#next.delete(folder)
      return this.#start(folder)
    })
    next.catch(() => this.#forget(this.#next, folder, next))
    this.#next.set(folder, next)
    return next
  }

  #start(folder: string): Promise<void> {
    const run = this.#syncNow(folder)
    const over = (): void => this.#forget(this.#running, folder, run)
    run.then(over, over)
    this.#running.set(folder, run)
    return run
  }

  #forget(syncs: Map<string, Promise<void>>, folder: string, sync: Promise<void>): void {
    if (syncs.get(folder) === sync) syncs.delete(folder)
  }

  #syncNow(folder: string): Promise<void> {
    return this.#permits.run('storage.put', undefined, async () => {
      const fd = await this.#calls.open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
      try {
        await this.#calls.sync(fd)
      } finally {
        await this.#calls.close(fd)
      }
    })
  }
}
